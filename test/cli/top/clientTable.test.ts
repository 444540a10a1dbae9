import { describe, expect, it } from "@effect/vitest"
import type { ConnectionRow } from "../../../src/cli/control/answers.ts"
import { ageText, clientTable } from "../../../src/cli/top/clientTable.ts"

const row = (id: number, more: Partial<ConnectionRow> = {}): ConnectionRow => ({
  id,
  remote: `10.0.0.7:${50_000 + id}`,
  state: "open",
  paused: false,
  since: 1000,
  bytesIn: 2048,
  bytesOut: 0,
  pendingBytes: 0,
  rateIn: 512,
  rateOut: 0,
  ...more,
})

describe("the table of clients", () => {
  it("has a line for each client below the titles, in aligned columns", () => {
    const rows = [
      row(3, { name: "plc-1", tags: ["line2"], pendingBytes: 1536 }),
      row(12, { paused: true, state: "peer-half-closed" }),
    ]
    expect(clientTable({ connections: rows }, 66_000)).toEqual([
      "ID   ADDRESS         NAME                IN/S  OUT/S  PENDING      AGE     IN  OUT  STATE",
      "#3   10.0.0.7:50003  plc-1 tag:line2  512 B/s      0  1.5 KiB  1 m 5 s  2 KiB    0  open",
      "#12  10.0.0.7:50012                   512 B/s      0        0  1 m 5 s  2 KiB    0  half-closed, paused",
    ])
  })

  it("leaves out columns that do not fit, the least important first, and is never wider than the terminal", () => {
    const rows = [row(1, { name: "a name" }), row(2)]
    for (let width = 1; width < 120; width++) {
      for (const line of clientTable({ connections: rows }, 5000, width)) expect(line.length).toBeLessThanOrEqual(width)
    }
    const titles = (width: number) => clientTable({ connections: rows }, 5000, width)[0]
    expect(titles(60)).toBe("ID  ADDRESS         NAME       IN/S  OUT/S  PENDING  AGE")
    expect(titles(50)).toBe("ID  ADDRESS            IN/S  OUT/S  PENDING  AGE")
    expect(titles(30)).toBe("ID  ADDRESS            IN/S")
    expect(titles(20)).toBe("ID  ADDRESS")
    expect(titles(5)).toBe("ID")
  })

  it("shows text of clients without control characters, and cuts a long name", () => {
    const [, line = ""] = clientTable({ connections: [row(1, { name: `\u001b[31m\u202e${"x".repeat(500)}` })] }, 1000)
    expect(line).toMatch(/\\e\[31m\\u\{202e\}x+…/)
    expect(line.length).toBeLessThan(140)
    expect(
      clientTable({ connections: [row(1, { name: "你好" })] }, 1000).map((each) => each.indexOf("  ", 20)),
    ).toBeDefined()
  })

  it("has the clients of other servers at the end, with blanks for what only their servers know", () => {
    const remote = [{ client: "@two/3", remote: "192.0.2.7:50123", since: 6000 }]
    expect(clientTable({ connections: [row(3)], remote }, 66_000)).toEqual([
      "ID      ADDRESS             IN/S  OUT/S  PENDING      AGE     IN  OUT  STATE",
      "#3      10.0.0.7:50003   512 B/s      0        0  1 m 5 s  2 KiB    0  open",
      "@two/3  192.0.2.7:50123                               1 m",
    ])
    expect(clientTable({ connections: [], remote }, 66_000).length).toBe(2)
  })

  it("has no rates if the server has not given any", () => {
    const { rateIn: _, rateOut: __, ...without } = row(1)
    expect(clientTable({ connections: [without] }, 1000)[0]).toBe("ID  ADDRESS         PENDING  AGE     IN  OUT  STATE")
  })

  it("shows ages with two units", () => {
    const hour = 3_600_000
    expect([-1, 0, 999, 61_000, hour, 25 * hour + 61_000].map(ageText)).toEqual([
      "0 s",
      "0 s",
      "0 s",
      "1 m 1 s",
      "1 h",
      "1 d 1 h",
    ])
  })
})
