import { describe, expect, it } from "vitest"
import { Screen } from "../../../src/cli/console/Screen.ts"
import { headlessTerminal as terminal } from "../../support/headlessTerminal.ts"

const footer = (text: string, cursor = text.length) => ({ status: "listening, 3 clients", prompt: "> ", text, cursor })

describe("the rows of a console", () => {
  it("stand above a status row and an input row, in their order", async () => {
    const { cursor, lines, write } = terminal(40)
    const screen = new Screen(40)
    await write(screen.paint(["one"], footer("hel")))
    await write(screen.paint(["two", "three"], footer("hello", 2)))
    expect(lines()).toEqual(["one", "two", "three", "listening, 3 clients", "> hello"])
    expect(cursor()).toEqual({ x: 4, y: 4 })
  })

  it("scroll into the scrollback whole, and the footer is there once", async () => {
    const { lines, write } = terminal(30, 5)
    const screen = new Screen(30)
    for (let at = 0; at < 100; at++) await write(screen.paint([`row ${at} ${"x".repeat(at)}`], footer(`input ${at}`)))
    const rows = Array.from({ length: 100 }, (_, at) => `row ${at} ${"x".repeat(at)}`)
    expect(lines()).toEqual([...rows, "listening, 3 clients", "> input 99"])
  })

  it("survive windows of other widths: no row is lost, and no copy of the footer stays", async () => {
    const { lines, window, write } = terminal(80, 12)
    const screen = new Screen(80)
    const rows: Array<string> = []
    for (const columns of [80, 50, 30, 70, 33, 90, 20, 80]) {
      window.resize(columns, 12)
      screen.resize(columns)
      for (let at = 0; at < 3; at++) {
        const row = `at ${columns}: ${"a long row of a log ".repeat(4)}${at}`
        rows.push(row)
        await write(
          screen.paint([row], { ...footer("a text that is wider than twenty columns"), status: "s".repeat(60) }),
        )
      }
    }
    const shown = lines()
    expect(shown.slice(0, -2)).toEqual(rows)
    expect(shown.slice(-2)).toEqual(["s".repeat(60), "> a text that is wider than twenty columns"])
  })

  it("have the cursor where CJK and emoji put it", async () => {
    const { cursor, write } = terminal(40)
    const screen = new Screen(40)
    await write(screen.paint([], footer("你好")))
    expect(cursor().x).toBe(6)
    await write(screen.paint([], footer("你好", 1)))
    expect(cursor().x).toBe(4)
  })

  it("show an input that is wider than the window around the cursor", async () => {
    const { cursor, lines, write } = terminal(20)
    const screen = new Screen(20)
    const text = "0123456789".repeat(5)
    await write(screen.paint([], { ...footer(text), status: "s" }))
    expect(lines()).toEqual(["s", "> …567890123456789"])
    expect(cursor().x).toBeLessThan(20)
    await write(screen.paint([], { ...footer(text, 0), status: "s" }))
    expect(lines()).toEqual(["s", "> 0123456789012345…"])
    expect(cursor().x).toBe(2)
  })

  it("leave nothing of the footer behind when it is erased", async () => {
    const { lines, write } = terminal(20)
    const screen = new Screen(20)
    await write(screen.paint(["row"], footer("text")))
    await write(`${screen.erase()}the shell\r\n`)
    expect(lines()).toEqual(["row", "the shell"])
  })
})
