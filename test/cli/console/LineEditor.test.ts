import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { emptyLine, type Key, type Line, press, submitted } from "../../../src/cli/console/LineEditor.ts"

const character = (sequence: string): Key => ({ sequence })
const named = (name: string, more: Partial<Key> = {}): Key => ({ name, sequence: "", ...more })
const ctrl = (name: string): Key => named(name, { ctrl: true })
const alt = (name: string): Key => named(name, { meta: true })

const typed = (text: string): ReadonlyArray<Key> =>
  [...new Intl.Segmenter().segment(text)].map(({ segment }) => character(segment))

const pressing = (keys: ReadonlyArray<Key>, line: Line = emptyLine()): Line =>
  keys.reduce((current, key) => press(current, key).line, line)

/** The text with a bar at the cursor. */
const shown = ({ cursor, text }: Line): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`

describe("the input line", () => {
  it("moves and removes by whole characters, also of several code points", () => {
    const family = "👨‍👩‍👧"
    const line = pressing(typed(`a${family}é你`))
    expect(shown(pressing([named("left"), named("left")], line))).toBe(`a${family}|é你`)
    expect(shown(pressing([named("left"), named("left"), named("backspace")], line))).toBe("a|é你")
    expect(shown(pressing([named("home"), named("right"), named("delete")], line))).toBe("a|é你")
  })

  it("moves and cuts by words of every script", () => {
    const line = pressing(typed("send wörld 你好"))
    expect(shown(pressing([ctrl("w")], pressing(typed("send wörld"))))).toBe("send |")
    expect(shown(pressing([ctrl("left"), ctrl("left"), alt("b")], line))).toBe("|send wörld 你好")
    expect(shown(pressing([named("home"), alt("f"), alt("d")], line))).toBe("send| 你好")
  })

  it("puts back what was cut, and joins what was cut at once", () => {
    const line = pressing([...typed("one two three"), ctrl("w"), ctrl("w")])
    expect(shown(line)).toBe("one |")
    expect(shown(pressing([named("home"), ctrl("y")], line))).toBe("two three|one ")
    expect(shown(pressing([...typed("a"), ctrl("u"), ctrl("y"), ctrl("y")]))).toBe("aa|")
  })

  it("goes back step by step", () => {
    const line = pressing([...typed("hello"), ctrl("u"), ...typed("x")])
    expect(shown(pressing([ctrl("_")], line))).toBe("|")
    expect(shown(pressing([ctrl("_"), { sequence: "\u001f" }], line))).toBe("hello|")
    expect(shown(pressing([ctrl("_"), ctrl("_"), ctrl("_"), ctrl("_")], line))).toBe("|")
  })

  it("finds earlier lines that begin as the line does, and comes back to what was being typed", () => {
    const line = pressing(typed("/s"), emptyLine(["/send a", "hello", "/stop", "/stop"]))
    const up = named("up")
    const down = named("down")
    expect(shown(pressing([up], line))).toBe("/stop|")
    expect(shown(pressing([up, up], line))).toBe("/send a|")
    expect(shown(pressing([up, up, up], line))).toBe("/send a|")
    expect(shown(pressing([up, up, down], line))).toBe("/stop|")
    expect(shown(pressing([up, up, down, down], line))).toBe("/s|")
    expect(shown(pressing([up, up, down, down, down], line))).toBe("/s|")
  })

  it("keeps the line ends of a paste, and submits nothing within it", () => {
    const keys = [named("paste-start"), ...typed("one"), named("return", { sequence: "\r" }), ...typed("two")]
    let line = emptyLine()
    for (const key of keys) {
      const step = press(line, key)
      expect(step.reply).not.toBe("submit")
      line = step.line
    }
    line = pressing([named("paste-end")], line)
    expect(line.text).toBe("one\ntwo")
    expect(press(line, named("return")).reply).toBe("submit")
  })

  it("ends at Ctrl-D in an empty line only", () => {
    expect(press(emptyLine(), ctrl("d")).reply).toBe("end")
    expect(shown(pressing([named("home"), ctrl("d")], pressing(typed("ab"))))).toBe("|b")
  })

  it("keeps a submitted line once, and no blank one", () => {
    const enter = (line: Line, text: string) => submitted(pressing(typed(text), line))
    const line = ["a", "a", "  ", "b"].reduce(enter, emptyLine())
    expect(line).toMatchObject({ text: "", cursor: 0, history: ["a", "b"] })
    expect(submitted(pressing(typed("c"), line), 2).history).toEqual(["b", "c"])
  })

  it("has its cursor between characters and no control character, whatever is pressed", () => {
    const pieces = [
      "a",
      " ",
      "é",
      "e\u0301",
      "\u0301",
      "你",
      "👍🏽",
      "👨‍👩‍👧",
      "🇩🇪",
      "\u200d",
      "\u001b[31m",
      "\u0007",
      "-",
    ]
    const names = [
      "left",
      "right",
      "up",
      "down",
      "home",
      "end",
      "backspace",
      "delete",
      "paste-start",
      "paste-end",
      "tab",
    ]
    const key = FastCheck.oneof(
      FastCheck.constantFrom(...pieces).map(character),
      FastCheck.constantFrom(...names).map((name) => named(name)),
      FastCheck.constantFrom(..."abdefhjklnpuwy_").map(ctrl),
      FastCheck.constantFrom("b", "f", "d", "backspace", "left", "right").map(alt),
    )
    void FastCheck.assert(
      FastCheck.property(FastCheck.array(key, { maxLength: 60 }), (keys) => {
        let line = emptyLine(["a earlier", "é"])
        for (const pressed of keys) {
          line = press(line, pressed).line
          const ends = [...new Intl.Segmenter().segment(line.text)].map(({ index, segment }) => index + segment.length)
          expect([0, ...ends]).toContain(line.cursor)
          expect(line.text).not.toMatch(/[^\P{Cc}\n\t]/u)
        }
        for (let steps = 0; steps < 100; steps++) line = press({ ...line, pasted: undefined }, ctrl("_")).line
        expect(line.text).toBe("")
      }),
    )
  })
})
