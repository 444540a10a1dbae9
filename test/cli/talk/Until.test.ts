import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Until, UntilState } from "../../../src/cli/talk/Until.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const text = (shown: string): Until => ({ _tag: "Text", bytes: utf8(shown), shown })
const quiet = (millis: number, needsReply = false): Until => ({ _tag: "Quiet", millis, needsReply })

describe("the conditions of --until", () => {
  it("hold at the byte or frame that is the last one of their number", () => {
    const bytes = new UntilState([{ _tag: "Bytes", count: 11 }], true)
    expect([bytes.received(new Uint8Array(8), 0), bytes.received(new Uint8Array(3), 1)]).toEqual([false, true])
    const frames = new UntilState([{ _tag: "Frames", count: 2 }], false)
    expect([frames.received(utf8("a"), 0), frames.received(utf8("b"), 1)]).toEqual([false, true])
  })

  const parts = FastCheck.array(FastCheck.constantFrom("a", "b", "ab", "aab"), { maxLength: 12 })
  const wanted = FastCheck.constantFrom("ab", "aab", "aabaab", "abab", "aaa")
  it.prop("find a text wherever the segments end, also after a false start", [parts, wanted], ([pieces, sought]) => {
    const state = new UntilState([text(sought)], true)
    let all = ""
    const isFound = pieces.some((piece) => {
      all += piece
      return state.received(utf8(piece), 0)
    })
    expect(isFound).toBe(all.includes(sought))
  })

  it("find a text only in one frame if the framing marks frames", () => {
    const state = new UntilState([text("ab")], false)
    expect([state.received(utf8("a"), 0), state.received(utf8("b"), 0), state.received(utf8("xab"), 0)]).toEqual([
      false,
      false,
      true,
    ])
  })

  it("begin a quiet at the first data or at the end of the input, and again at each data of either side", () => {
    const state = new UntilState([quiet(100), quiet(300)], true)
    expect(state.dueAt()).toBeUndefined()
    state.sent(10)
    expect(state.dueAt()).toBeUndefined()
    state.inputEnded(20)
    expect(state.dueAt()).toBe(120)
    state.received(utf8("x"), 50)
    expect(state.dueAt()).toBe(150)
    state.sent(70)
    expect([state.dueAt(), state.holdsAtFin()]).toEqual([170, true])
  })

  it("begin the quiet of --once only at the first data", () => {
    const state = new UntilState([quiet(50, true)], true)
    state.inputEnded(20)
    expect([state.dueAt(), state.holdsAtFin()]).toEqual([undefined, false])
    state.received(utf8("x"), 30)
    expect([state.dueAt(), state.holdsAtFin()]).toEqual([80, true])
  })

  it("say what is missing", () => {
    const state = new UntilState(
      [{ _tag: "Bytes", count: 9 }, text("OK\\n"), { _tag: "Frames", count: 3 }, quiet(1500)],
      true,
    )
    state.received(utf8("12345"), 0)
    expect(state.missing()).toBe('no text "OK\\n" came, 5 of 9 bytes came, 1 of 3 frames came, no quiet of 1.5 s')
  })
})
