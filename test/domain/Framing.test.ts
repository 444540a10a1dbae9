import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../src/domain/index.ts"
import { cutAt, joinBytes, lineBytes, runs } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const unlimited = Number.MAX_SAFE_INTEGER

/** Pushes the chunks to a new decoder until it refuses one, then ends it. */
const feed = (framing: Framing.Framing, chunks: ReadonlyArray<Uint8Array>, maxFrameBytes = unlimited) => {
  const decoder = framing.decoder(maxFrameBytes)
  const wires: Array<Uint8Array> = []
  const emit = (wire: Uint8Array) => {
    wires.push(wire)
  }
  let highestPending = 0
  const accepted = chunks.every((chunk) => {
    const taken = decoder.push(chunk, { onRun: emit })
    highestPending = Math.max(highestPending, decoder.pending())
    return taken
  })
  if (accepted) decoder.end({ onRun: emit })
  const payloads: Array<Uint8Array> = []
  for (const wire of wires) framing.payloads(wire, (payload) => payloads.push(payload))
  return { accepted, wires, payloads, highestPending, pending: decoder.pending() }
}

const texts = (payloads: ReadonlyArray<Uint8Array>) => payloads.map((payload) => new TextDecoder().decode(payload))
const lists = (payloads: ReadonlyArray<Uint8Array>) => payloads.map((payload) => [...payload])

/** A reference implementation: the text before each LF, and the rest. */
const linesOf = (input: Uint8Array): ReadonlyArray<ReadonlyArray<number>> => {
  const lines: Array<Array<number>> = [[]]
  for (const byte of input) {
    if (byte === 0x0a) lines.push([])
    else lines.at(-1)?.push(byte)
  }
  return lines.at(-1)?.length === 0 ? lines.slice(0, -1) : lines
}
const withoutCr = (line: ReadonlyArray<number>) => (line.at(-1) === 0x0d ? line.slice(0, -1) : line)

const oneByOne = (input: Uint8Array) => [...input].map((byte) => Uint8Array.of(byte))
const eachCut = (input: Uint8Array) => Array.from({ length: input.length + 1 }, (_, place) => cutAt(input, [place]))

describe("line", () => {
  const { line } = Framing

  it("a line, which may be empty, is the text before LF, without a CR before the LF", () => {
    expect(texts(feed(line, [utf8("one\ntwo\r\n\n\r\nlast\n")]).payloads)).toEqual(["one", "two", "", "", "last"])
  })

  it("only the one CR right before the LF is removed", () => {
    expect(texts(feed(line, [utf8("a\rb\r\r\n")]).payloads)).toEqual(["a\rb\r"])
  })

  it("a CR and its LF in two reads are one line end", () => {
    expect(texts(feed(line, [utf8("a\r"), utf8("\nb\n")]).payloads)).toEqual(["a", "b"])
  })

  it("a last line without LF is completed with one", () => {
    const { wires, payloads, pending } = feed(line, [utf8("a\nb")])
    expect(texts(payloads)).toEqual(["a", "b"])
    expect(texts([joinBytes(wires)])).toEqual(["a\nb\n"])
    expect(pending).toBe(0)
  })

  it("empty input gives no line, even at the end", () => {
    expect(feed(line, []).wires).toEqual([])
    expect(feed(line, [new Uint8Array(0)]).wires).toEqual([])
  })

  it("an encoded payload is one frame, and decodes to the same payload", () => {
    const wire = line.encode(utf8("hello"))
    expect(texts([wire])).toEqual(["hello\n"])
    expect(texts(feed(line, [wire]).payloads)).toEqual(["hello"])
    expect(line.count(wire)).toBe(1)
  })

  it("whole lines of one read are passed on as one view of it, without a copy", () => {
    const read = utf8("a\nb\nc")
    const { wires } = feed(line, [read])
    expect(wires[0]?.buffer).toBe(read.buffer)
    expect(texts(wires)).toEqual(["a\nb\n", "c\n"])
  })

  it("a line that was joined from several reads is not overwritten by later lines", () => {
    const chunks = ["aa", "aa\nbb", "bb\ncc", "cc\n"].map(utf8)
    expect(texts(feed(line, chunks).wires)).toEqual(["aaaa\n", "bbbb\n", "cccc\n"])
  })

  it("a line of several MiB arrives whole, in one buffer that grew with it", () => {
    const part = 250_001
    const chunks = [0, 1, 2, 3, 4].map((fill) => new Uint8Array(part).fill(65 + fill))
    const { payloads, wires } = feed(line, [...chunks, utf8("\n"), ...chunks, utf8("\nx\n")], 8 * 1024 * 1024)
    expect(payloads.map((payload) => payload.length)).toEqual([5 * part, 5 * part, 1])
    for (const payload of payloads.slice(0, 2)) expect(Buffer.compare(payload, joinBytes(chunks))).toBe(0)
    expect(wires[0]?.buffer.byteLength).toBeLessThan(10 * part)
    expect(wires[0]?.buffer === wires[1]?.buffer).toBe(false)
    expect(feed(line, chunks, 5 * part - 1).accepted).toBe(false)
  })

  it.prop(
    "wherever the reads are split, the payloads are the lines and the runs are the input",
    [lineBytes(40), FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 6 })],
    ([input, places]) => {
      const lines = linesOf(input)
      const completed = input.length > 0 && input.at(-1) !== 0x0a ? [...input, 0x0a] : [...input]
      const cuts = [...eachCut(input), cutAt(input, places), oneByOne(input)]
      for (const chunks of cuts) {
        const { accepted, payloads, wires } = feed(line, chunks)
        expect(accepted).toBe(true)
        expect(lists(payloads)).toEqual(lines.map(withoutCr))
        expect([...joinBytes(wires)]).toEqual(completed)
        expect(wires.map(line.count).reduce((a, b) => a + b, 0)).toBe(payloads.length)
      }
    },
    runs(200),
  )

  it.prop(
    "wherever the reads are split, exactly the lines before the first one above the limit are decoded",
    [
      FastCheck.integer({ min: 0, max: 6 }),
      FastCheck.array(FastCheck.nat({ max: 8 }), { maxLength: 12 }),
      FastCheck.boolean(),
      FastCheck.array(FastCheck.nat({ max: 100 }), { maxLength: 6 }),
    ],
    ([limit, lengths, terminated, places]) => {
      const text = lengths.map((length, index) => String.fromCharCode(0x61 + index).repeat(length)).join("\n")
      const input = utf8(terminated ? `${text}\n` : text)
      const lines = linesOf(input)
      const tooLong = lines.findIndex((content) => content.length > limit)
      const allowed = tooLong === -1 ? lines : lines.slice(0, tooLong)
      const cuts = [[input], ...eachCut(input), cutAt(input, places), oneByOne(input)]
      for (const chunks of cuts) {
        const { accepted, payloads, highestPending } = feed(line, chunks, limit)
        expect(accepted).toBe(tooLong === -1)
        expect(lists(payloads)).toEqual(allowed)
        expect(highestPending).toBeLessThanOrEqual(limit)
      }
    },
    runs(300),
  )

  const limit = 16
  const shortLines = "x\n".repeat(50)
  const surroundings = [
    ["alone", "", ""],
    ["behind many short lines", shortLines, ""],
    ["before many short lines", "", shortLines],
    ["between many short lines", shortLines, shortLines],
  ] as const

  for (const [where, before, after] of surroundings) {
    it(`the longest allowed line is decoded ${where}, wherever the reads are split`, () => {
      const input = utf8(`${before}${"y".repeat(limit)}\n${after}`)
      for (const chunks of [[input], ...eachCut(input), oneByOne(input)]) {
        const { accepted, payloads } = feed(line, chunks, limit)
        expect(accepted).toBe(true)
        expect(texts(payloads)).toContain("y".repeat(limit))
        expect(payloads.length).toBe(linesOf(input).length)
      }
    })

    it(`a line of one byte more is refused ${where}, wherever the reads are split, after the lines before it`, () => {
      const input = utf8(`${before}${"y".repeat(limit + 1)}\n${after}`)
      for (const chunks of [[input], ...eachCut(input), oneByOne(input)]) {
        const { accepted, payloads } = feed(line, chunks, limit)
        expect(accepted).toBe(false)
        expect(texts(payloads)).toEqual(before.split("\n").slice(0, -1))
      }
    })
  }

  it("a CR counts towards the limit, the LF does not", () => {
    expect(feed(line, [utf8("123\r\n")], 4).accepted).toBe(true)
    expect(feed(line, [utf8("1234\r\n")], 4).accepted).toBe(false)
    expect(feed(line, [utf8("1234\n")], 4).accepted).toBe(true)
  })

  it("an endless line is refused at the limit, and not buffered beyond it", () => {
    const decoder = line.decoder(1000)
    const chunk = new Uint8Array(300).fill(0x61)
    const pendings = [1, 2, 3, 4].map(() => [decoder.push(chunk, { onRun: () => {} }), decoder.pending()])
    expect(pendings).toEqual([
      [true, 300],
      [true, 600],
      [true, 900],
      [false, 900],
    ])
  })

  it("two decoders of one framing are independent", () => {
    const [a, b] = [line.decoder(10), line.decoder(10)]
    const seen: Array<Uint8Array> = []
    const sink = { onRun: (wire: Uint8Array) => seen.push(wire) }
    a.push(utf8("from a"), sink)
    b.push(utf8("b\n"), sink)
    a.push(utf8("!\n"), sink)
    expect(texts(seen)).toEqual(["b\n", "from a!\n"])
  })
})

describe("payloads of a run, cut in portions", () => {
  it.prop(
    "are the payloads of the run, whatever the size of a portion",
    [
      FastCheck.array(FastCheck.constantFrom("a", "\r", "\n", "bc"), { maxLength: 30 }),
      FastCheck.integer({ min: 1, max: 9 }),
    ],
    ([parts, most]) => {
      const run = utf8(`${parts.join("")}\n`)
      const whole: Array<Uint8Array> = []
      Framing.line.payloads(run, (payload) => whole.push(payload))
      const cut: Array<Uint8Array> = []
      for (let from = 0; from < run.length; ) {
        const before = cut.length
        from = Framing.cutSome(Framing.line, run, from, most, (payload) => cut.push(payload))
        expect(cut.length - before).toBeLessThanOrEqual(most)
      }
      expect(lists(cut)).toEqual(lists(whole))
    },
    runs(100),
  )

  it("are all in one portion if the framing cuts only whole runs", () => {
    const seen: Array<Uint8Array> = []
    const { payloads } = Framing.line
    const run = utf8("a\nb\n")
    expect(Framing.cutSome({ payloads }, run, 0, 1, (payload) => seen.push(payload))).toBe(run.length)
    expect(texts(seen)).toEqual(["a", "b"])
  })

  it("are those of `payloads` if a framing made from `line` has its own `payloads`", () => {
    const seen: Array<Uint8Array> = []
    const framing = { ...Framing.line, payloads: Framing.raw.payloads }
    const run = utf8("a\nb\n")
    expect(Framing.cutSome(framing, run, 0, 1, (payload) => seen.push(payload))).toBe(run.length)
    expect(texts(seen)).toEqual(["a\nb\n"])
  })

  it("end if a framing makes no progress", () => {
    const run = utf8("a\n")
    expect(Framing.cutSome({ payloads: () => {}, cut: () => 0 }, run, 0, 1, () => {})).toBe(run.length)
  })
})

describe("raw", () => {
  const { raw } = Framing

  it.prop(
    "each read with bytes is one frame, and the runs are the input",
    [FastCheck.uint8Array({ maxLength: 40 }), FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 6 })],
    ([input, places]) => {
      for (const chunks of [...eachCut(input), cutAt(input, places), oneByOne(input)]) {
        const { accepted, payloads, wires, pending } = feed(raw, chunks)
        expect(accepted).toBe(true)
        expect(pending).toBe(0)
        expect(lists(payloads)).toEqual(lists(chunks.filter((chunk) => chunk.length > 0)))
        expect([...joinBytes(wires)]).toEqual([...input])
        expect(wires.map(raw.count).reduce((a, b) => a + b, 0)).toBe(payloads.length)
      }
    },
    runs(100),
  )

  it("a read above the limit becomes frames of the limit and a rest", () => {
    const { accepted, wires } = feed(raw, [new Uint8Array(16), Uint8Array.from({ length: 35 }, (_, n) => n)], 16)
    expect(accepted).toBe(true)
    expect(wires.map(({ length }) => length)).toEqual([16, 16, 16, 3])
    expect([...joinBytes(wires.slice(1))]).toEqual(Array.from({ length: 35 }, (_, n) => n))
  })

  it("the wire form of a payload is the payload, not a copy", () => {
    const payload = utf8("a\nb")
    expect(raw.encode(payload)).toBe(payload)
  })
})

describe("framings", () => {
  it("each framing is found by its name", () => {
    const names = Object.entries(Framing.framings)
    expect(names.map(([name]) => name)).toEqual(["raw", "line", "netstring", "slip", "cobs", "json"])
    for (const [name, framing] of names) expect(framing.name).toBe(name)
  })
})
