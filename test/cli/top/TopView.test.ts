import { describe, expect, it } from "@effect/vitest"
import type { Connections, Summary } from "../../../src/cli/control/answers.ts"
import { paletteOf } from "../../../src/cli/output/theme.ts"
import { TopView } from "../../../src/cli/top/TopView.ts"
import { clientRows, topFrame, topLines } from "../../../src/cli/top/topFrame.ts"
import { headlessTerminal } from "../../support/headlessTerminal.ts"

const summary: Summary = {
  version: "1.0.0",
  pid: 42,
  at: 10_000,
  since: 0,
  accepting: "yes",
  listening: ["127.0.0.1:9000"],
  mode: "echo",
  framing: "raw",
  tls: false,
  clients: 100,
  refused: 0,
  bytesIn: 0,
  bytesOut: 0,
  rateIn: 0,
  rateOut: 0,
}

const clients = (matching: number, from: number, count: number): Connections => ({
  matching,
  total: matching,
  connections: Array.from({ length: Math.max(0, Math.min(count, matching - from)) }, (_, at) => ({
    id: from + at + 1,
    remote: `[fe80::1%eth0]:${50_000 + at}`,
    state: "open",
    paused: false,
    since: 0,
    bytesIn: 0,
    bytesOut: 0,
    pendingBytes: 0,
    rateIn: 0,
    rateOut: 0,
  })),
})

const key = (sequence: string, name?: string) => ({ sequence, name })
const typed = (view: TopView, text: string) => [...text].map((sequence) => view.press({ sequence, name: sequence }))

describe("the view of tcpfx top", () => {
  it("asks only for the rows that the terminal has", () => {
    const view = new TopView("pending", "@tag:x")
    view.resize(7)
    expect(view.question).toBe("connections sort=pending from=0 count=7 @tag:x")
    view.resize(9999)
    expect(view.question).toContain("count=500")
  })

  it("scrolls through the clients of this server, and then through those of other servers", () => {
    const view = new TopView("rate", "")
    view.resize(10)
    const remote = [{ client: "@two/1", remote: "192.0.2.7:1", since: 0 }]
    view.take({ ...summary, remote: 5 }, { ...clients(8, 0, 8), remoteMatching: 5, remoteTotal: 5, remote })
    view.press(key("", "end"))
    expect(view.from).toBe(3)
    const lines = topLines(view, { columns: 100, rows: 20 }, paletteOf("none", false))
    expect(lines[1]).toContain("100 clients, 5 of other servers")
    expect(lines[2]).toContain("4 to 12 of 13")
    expect(lines.find((line) => line.startsWith("@two/1"))).toMatch(/^@two\/1 +192\.0\.2\.7:1 +10 s$/)
  })

  it("changes the order with a letter or an arrow bracket, and then begins with the first client", () => {
    const view = new TopView("rate", "")
    view.resize(10)
    view.take(summary, clients(100, 0, 10))
    for (const [letter, sort] of [..."riopan"].map((each, at) => [
      each,
      ["rate", "in", "out", "pending", "id", "name"][at],
    ])) {
      view.press(key("", "pagedown"))
      expect(view.press(key(letter ?? ""))).toBe("ask")
      expect(view.question).toBe(`connections sort=${sort} from=0 count=10`)
    }
    view.press(key(">"))
    expect(view.sort).toBe("rate")
    view.press(key("<"))
    expect(view.sort).toBe("name")
  })

  it("scrolls within the clients, and moves up when clients leave", () => {
    const view = new TopView("rate", "")
    view.resize(10)
    view.take(summary, clients(35, 0, 10))
    const after = (name: string) => [view.press(key("", name)), view.from]
    expect(["up", "down", "pagedown", "pagedown", "pagedown", "up", "end", "home", "end"].map(after)).toEqual(
      [0, 1, 11, 21, 25, 24, 25, 0, 25].map((from) => ["ask", from]),
    )
    expect(view.take(summary, clients(12, 25, 10))).toBe(false)
    expect(view.question).toContain("from=2 ")
    expect(view.take(summary, clients(12, 2, 10))).toBe(true)
  })

  it("filters with what is typed after a slash, and Escape leaves the filter or removes it", () => {
    const view = new TopView("rate", "")
    expect([view.press(key("/")), view.typed]).toEqual(["redraw", ""])
    typed(view, "qq 你好\u001b")
    view.press(key("\u007f", "backspace"))
    expect(view.typed).toBe("qq 你")
    expect([view.press(key("\r", "return")), view.filter, view.typed]).toEqual(["ask", "qq 你", undefined])
    view.press(key("/"))
    typed(view, "x")
    view.press(key("\u001b", "escape"))
    expect(view.filter).toBe("qq 你")
    expect([view.press(key("\u001b", "escape")), view.filter]).toEqual(["ask", ""])
  })

  it("leaves with q and Ctrl-C, also while a filter is typed", () => {
    const view = new TopView("rate", "")
    expect(view.press(key("q"))).toBe("leave")
    view.press(key("/"))
    expect(view.press({ sequence: "q", name: "q" })).toBe("redraw")
    expect(view.press({ sequence: "\u0003", name: "c", ctrl: true })).toBe("leave")
    expect(view.press({ sequence: "\u001a", name: "z", ctrl: true })).toBe("suspend")
  })

  it("fills a terminal of any size, and never more", async () => {
    const view = new TopView("rate", "x")
    for (const [columns, rows] of [
      [120, 30],
      [40, 10],
      [20, 6],
      [10, 3],
      [1, 1],
    ] as const) {
      const size = { columns, rows }
      view.resize(clientRows(size))
      view.take(summary, clients(100, 0, clientRows(size)))
      const terminal = headlessTerminal(columns, rows)
      const frame = topFrame(topLines(view, size, paletteOf("default", true)))
      await terminal.write(frame)
      await terminal.write(frame)
      expect([columns, terminal.window.buffer.active.length]).toEqual([columns, rows])
      if (rows > 5) expect(terminal.lines()).toHaveLength(rows)
      expect(terminal.lines()[0]?.slice(0, 5)).toBe(columns === 1 ? "…" : "127.0")
      terminal.window.dispose()
    }
  })
})
