import { describe, expect, it } from "@effect/vitest"
import { Output } from "../../../../src/cli/process/streams/Output.ts"
import { type Pieces, type Sink, sizeOf, withoutFirst } from "../../../../src/cli/process/streams/Sink.ts"

/** A sink that completes each write on request. */
const heldSink = () => {
  const texts: Array<string> = []
  let waiting: { readonly pieces: Pieces; readonly done: (failure: string | undefined) => void } | undefined
  const sink: Sink = {
    write: (pieces, _lines, done) => {
      waiting = { pieces, done }
    },
    pending: () => (waiting === undefined ? 0 : sizeOf(waiting.pieces)),
    abandon: () => {
      waiting = undefined
    },
    watch: () => {},
  }
  const settle = (failure?: string) => {
    const current = waiting
    waiting = undefined
    if (current !== undefined && failure === undefined) texts.push(Buffer.concat([...current.pieces]).toString())
    current?.done(failure)
  }
  return { sink, settle, texts }
}

const outputOf = (sink: Sink, survivesFullDisk = false) =>
  new Output({
    sink,
    bound: 10,
    messageBound: 10,
    describeDropped: (messages, bytes) => `[${messages} messages, ${bytes} bytes]`,
    survivesFullDisk,
  })

const bytes = (text: string) => Buffer.from(text)

describe("an output", () => {
  it("writes the bytes that arrived during a write as one batch, in order", () => {
    const { settle, sink, texts } = heldSink()
    const output = outputOf(sink)
    output.write([bytes("a")], true)
    output.write([bytes("b"), bytes("c")], true)
    output.say(bytes("d"))
    settle()
    settle()
    expect(texts).toEqual(["a", "bcd"])
    expect(output.pending()).toBe(0)
  })

  it("gives lent bytes back once they are handed over, and never after a failure", () => {
    const { settle, sink } = heldSink()
    const output = outputOf(sink)
    const back: Array<string> = []
    for (const name of ["a", "b", "c"]) output.writeLent(bytes(name), () => back.push(name))
    expect(back).toEqual([])
    settle()
    expect(back).toEqual(["a"])
    settle("EPIPE")
    settle()
    expect(back).toEqual(["a"])
  })

  it("has no room above its bound, and has room again when the bytes are taken", () => {
    const { settle, sink } = heldSink()
    const output = outputOf(sink)
    output.write([bytes("01234567890")], true)
    expect(output.hasRoom()).toBe(false)
    let changes = 0
    output.onChange(() => changes++)
    settle()
    expect([output.hasRoom(), changes]).toEqual([true, 1])
  })

  it("drops messages while nothing is taken, and reports how many when it continues", () => {
    const { settle, sink, texts } = heldSink()
    const output = outputOf(sink)
    for (const text of ["01234567", "89abc", "left", "out"]) output.say(bytes(text))
    settle()
    settle()
    settle()
    expect(texts.join("")).toBe("0123456789abc[2 messages, 7 bytes]")
  })

  it("does not drop messages because data waits", () => {
    const { settle, sink, texts } = heldSink()
    const output = outputOf(sink)
    output.write([bytes("x".repeat(100))], true)
    output.say(bytes("said"))
    settle()
    settle()
    expect(texts.join("")).toBe(`${"x".repeat(100)}said`)
  })

  it("counts dropped bytes and later writes", () => {
    const { settle, sink, texts } = heldSink()
    const output = outputOf(sink)
    output.write([bytes("123")], true)
    output.write([bytes("45")], true)
    output.discard()
    output.write([bytes("6")], true)
    settle()
    expect([output.lost, output.pending(), texts]).toEqual([6, 0, []])
  })

  it("stays failed, and never waits", () => {
    const { settle, sink } = heldSink()
    const output = outputOf(sink)
    output.write([bytes("123")], true)
    settle("ENOSPC")
    output.write([bytes("4")], true)
    expect([output.failure, output.pending()]).toEqual(["ENOSPC", 0])
  })

  it("for messages continues after a full disk, and reports the dropped messages", () => {
    const { settle, sink, texts } = heldSink()
    const output = outputOf(sink, true)
    output.say(bytes("lost"))
    settle("ENOSPC")
    output.say(bytes("after"))
    settle("ENOSPC")
    output.say(bytes("room"))
    settle()
    settle()
    expect([output.failure, texts.join("")]).toEqual([undefined, "[2 messages, 9 bytes]room"])
  })
})

describe("pieces without their first bytes", () => {
  it("begin inside the piece where the removed bytes end", () => {
    const pieces = [bytes("abc"), bytes("de"), bytes("f")]
    const rest = [0, 2, 3, 4, 6].map((count) => Buffer.concat([...withoutFirst(pieces, count)]).toString())
    expect(rest).toEqual(["abcdef", "cdef", "def", "ef", ""])
  })
})
