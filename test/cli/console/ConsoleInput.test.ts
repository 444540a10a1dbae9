import { describe, expect, it } from "vitest"
import { ConsoleInput } from "../../../src/cli/console/ConsoleInput.ts"
import { History } from "../../../src/cli/console/History.ts"
import { type Key, mostPasted } from "../../../src/cli/console/LineEditor.ts"

const named = (name: string, more: Partial<Key> = {}): Key => ({ name, sequence: "", ...more })
const ctrl = (name: string) => named(name, { ctrl: true })
const enter = named("return", { sequence: "\r" })
const typed = (text: string): ReadonlyArray<Key> => [...text].map((sequence) => ({ sequence }))
const pasted = (text: string): ReadonlyArray<Key> => [named("paste-start"), ...typed(text), named("paste-end")]

const makeInput = () => {
  const done: Array<unknown> = []
  let now = 0
  const input = new ConsoleInput(History.open("/dev/null"), {
    print: (text) => done.push(["print", text]),
    submit: (line) => done.push(["submit", line]),
    submitEach: (lines) => done.push(["each", ...lines]),
    leave: () => done.push("leave"),
    end: () => done.push("end"),
    suspend: () => done.push("suspend"),
    redraw: () => done.push("redraw"),
    known: () => ({ kind: "server", recipients: [], macros: [], rules: [] }),
    now: () => now,
  })
  const press = (...keys: ReadonlyArray<Key>) => {
    for (const key of keys) input.press(key)
    return done.splice(0)
  }
  return { input, press, pass: (millis: number) => (now += millis) }
}

describe("the input of the console", () => {
  it("asks before it sends several pasted lines", () => {
    for (const [answer, sent] of [
      [enter, [["each", "one", "/two"]]],
      [{ sequence: "o", name: "o" }, [["submit", "one\n/two"]]],
      [named("escape"), []],
      [ctrl("c"), []],
    ] as const) {
      const { input, press } = makeInput()
      expect(press(...pasted("one\r/two\r"))).toEqual([])
      expect(input.line.text).toBe("one\n/two\n")
      expect(press(enter)).toEqual([])
      expect(input.question).toMatch(/^send 2 lines: /)
      expect(press(...typed("x"), named("tab"))).toEqual([])
      expect(press(answer)).toEqual(sent)
      expect([input.question, input.line.text]).toEqual([undefined, sent.length === 0 ? "one\n/two\n" : ""])
    }
  })

  it("sends one pasted line without a question, and a pasted slash as one payload", () => {
    const { press } = makeInput()
    expect(press(...pasted("one\n"), enter)).toEqual([["submit", "one"]])
    expect(press(...pasted("/quit\n/quit"), enter, ...typed("o"))).toEqual([["submit", "//quit\n/quit"]])
  })

  it("does not insert a paste that is very long", () => {
    const { input, press } = makeInput()
    const long = { sequence: "x".repeat(mostPasted + 1) }
    expect(press(...typed("a"), named("paste-start"), long, ...typed("y"), named("paste-end"))).toEqual([
      ["print", "a paste above 256 KiB is not inserted; /file PATH sends a file"],
    ])
    expect(input.line.text).toBe("a")
  })

  it("leaves at the second Ctrl-C in an empty line within two seconds", () => {
    const { input, pass, press } = makeInput()
    const hint = ["print", "press Ctrl-C again to leave"]
    expect(press(...typed("half"), ctrl("c"))).toEqual([])
    expect(input.line.text).toBe("")
    expect(press(ctrl("c"))).toEqual([hint])
    pass(2000)
    expect(press(ctrl("c"))).toEqual([hint])
    pass(1999)
    expect(press(ctrl("c"))).toEqual(["leave"])
  })

  it("brings back a sent line by Up", () => {
    const { input, press } = makeInput()
    press(...typed("one"), enter)
    press(named("up"))
    expect(input.line.text).toBe("one")
  })

  it("lists the candidates at the second Tab", () => {
    const { input, press } = makeInput()
    expect(press(...typed("/mac"), named("tab"))).toEqual([])
    expect(input.line.text).toBe("/macro")
    expect(press(named("tab"))).toEqual([["print", "/macro  /macros"]])
    expect(press(...typed("s"), named("tab"))).toEqual([])
    expect(input.line.text).toBe("/macros ")
  })

  it("passes on Ctrl-D, Ctrl-Z and Ctrl-L", () => {
    expect(makeInput().press(ctrl("d"), ctrl("z"), ctrl("l"))).toEqual(["end", "suspend", "redraw"])
  })
})
