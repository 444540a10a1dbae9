import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { escaped, headed, summed } from "../support/authorFramings.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const withoutReturn = FastCheck.uint8Array({ maxLength: 40 }).filter((bytes) => bytes.at(-1) !== 0x0d)
const threeBytes = FastCheck.uint8Array({ minLength: 3, maxLength: 3 })
const jsonValues = FastCheck.oneof(FastCheck.object({ maxDepth: 1 }), FastCheck.array(FastCheck.string())).map(
  (value) => utf8(JSON.stringify(value)),
)

const standard: ReadonlyArray<readonly [Framing.Framing, Testing.FramingLawsOptions?]> = [
  [Framing.raw],
  [Framing.gap("20 millis")],
  [Framing.line, { payload: withoutReturn }],
  [Framing.delimited(Uint8Array.of(0))],
  [Framing.delimited(Uint8Array.of(1, 2, 1))],
  [Framing.lengthPrefixed({ field: "u8" })],
  [Framing.lengthPrefixed({ field: "u16le" })],
  [Framing.lengthPrefixed({ field: "u32be", adjust: -4 })],
  [Framing.varint],
  [Framing.fixed(3), { payload: threeBytes }],
  [Framing.netstring],
  [Framing.slip],
  [Framing.cobs],
  [Framing.json, { payload: jsonValues, maxFrameBytes: 64 * 1024 }],
]

describe("the laws of framings hold for", () => {
  for (const [framing, options] of standard) {
    it.effect(framing.name, () => Testing.framingLaws(framing, options))
  }
  for (const options of [summed, escaped, headed]) {
    it.effect(`a framing of an author, ${options.name}`, () => Testing.framingLaws(Framing.make(options)))
  }
})

const made = (changed: Partial<Framing.FramingOptions>, base = summed): Framing.Framing =>
  Framing.make({ ...base, ...changed })

/** A framing whose decoder is changed. */
const decoding = (
  framing: Framing.Framing,
  change: (decoder: Framing.FrameDecoder, maxFrameBytes: number) => Partial<Framing.FrameDecoder>,
): Framing.Framing => ({
  ...framing,
  decoder: (maxFrameBytes) => {
    const decoder = framing.decoder(maxFrameBytes)
    return {
      push: (chunk, sink) => decoder.push(chunk, sink),
      end: (sink) => decoder.end(sink),
      pending: () => decoder.pending(),
      ...change(decoder, maxFrameBytes),
    }
  },
})

const whole = Framing.make(summed)
const shared = Framing.delimited(Uint8Array.of(0)).decoder(4096)

const sent = new Uint8Array(4096)
const taken = new Uint8Array(4096)

/** Copies bytes to the start of a memory, and returns them there. */
const inMemory = (memory: Uint8Array, bytes: unknown): Uint8Array => {
  if (!(bytes instanceof Uint8Array)) throw bytes
  memory.set(bytes)
  return memory.subarray(0, bytes.length)
}

const mutants: Readonly<Record<string, readonly [Framing.Framing, Testing.FramingLaw, string]>> = {
  "does not escape its mark": [
    made({ encode: (payload) => Uint8Array.of(...payload, 0x03) }, escaped),
    "roundTrip",
    "arrive as",
  ],
  "changes a payload": [
    made({ next: (bytes, most, searched) => reversed(summed.next(bytes, most, searched)) }),
    "roundTrip",
    "arrive as",
  ],
  "asks for too many bytes": [
    made({ next: (bytes, most) => (bytes.length < 4 ? Framing.need(4) : summed.next(bytes, most, 0)) }),
    "roundTrip",
    "arrive as none",
  ],
  "continues a search too late": [
    made(
      {
        next: (bytes, _, searched) => {
          const end = bytes.indexOf(0x0a, searched === 0 ? 0 : searched + 1)
          return end === -1 ? Framing.need() : Framing.frame(end + 1, bytes.subarray(0, end))
        },
        encode: (payload) =>
          payload.includes(0x0a) ? Framing.refuse("it has a line end") : Uint8Array.of(...payload, 0x0a),
      },
      escaped,
    ),
    "splits",
    "in these reads",
  ],
  "accepts a payload above the limit": [{ ...whole, refuses: () => undefined }, "limits", "encode accepts"],
  "receives a payload above the limit": [
    { ...whole, decoder: (maxFrameBytes) => whole.decoder(maxFrameBytes + 1) },
    "limits",
    "arrive",
  ],
  "refuses a payload at the limit": [
    { ...whole, decoder: (maxFrameBytes) => whole.decoder(maxFrameBytes - 1) },
    "limits",
    "arrive none",
  ],
  "loses long frames without a report": [
    decoding(Framing.delimited(Uint8Array.of(0)), (decoder) => ({
      push: (chunk, sink) => decoder.push(chunk, { onRun: sink.onRun.bind(sink) }),
    })),
    "limits",
    "lost without a report",
  ],
  "counts wrong": [{ ...whole, count: (wire) => whole.count(wire) + 1 }, "readers", "count finds"],
  "cuts other payloads": [
    {
      ...whole,
      cut: (wire, _, __, each) => {
        each(wire)
        return wire.length
      },
    },
    "readers",
    "cut with at most",
  ],
  "cuts without progress": [{ ...whole, cut: (_, from) => from }, "readers", "cut with at most"],
  "forgets bytes at the end": [
    decoding(whole, (decoder) => ({ end: (sink) => Math.min(0, decoder.end(sink)) })),
    "ends",
    "end lost",
  ],
  "keeps bytes after the end": [decoding(whole, () => ({ end: () => 0, pending: () => 1 })), "ends", "pending"],
  "is not as new after a pause": [{ ...keepingGap(), pause: Duration.millis(20) }, "ends", "after an end at a pause"],
  "shares a decoder": [
    { ...Framing.delimited(Uint8Array.of(0)), decoder: () => shared },
    "independence",
    "beside another decoder",
  ],
  "throws on unknown bytes": [
    made({
      next: (bytes, most, searched) => {
        if (bytes[0] !== 0xaa) throw new Error("not AA")
        return summed.next(bytes, most, searched)
      },
    }),
    "garbage",
    "push threw an error: not AA",
  ],
  "reuses the memory of a frame": [
    made({ encode: (payload) => inMemory(sent, Framing.encodeFrame(whole, payload, 4096)) }),
    "memory",
    "encode changed the frame",
  ],
  "encodes in the memory of the payload": [
    made({ encode: (payload) => Framing.encodeFrame(whole, payload.fill(0), 4096) as Uint8Array }),
    "memory",
    "encode changed the bytes of a payload",
  ],
  "reuses the memory of a payload": [
    made({
      next: (...given) => {
        const step = summed.next(...given)
        return step._tag === "Frame" ? Framing.frame(step.size, inMemory(taken, step.payload)) : step
      },
    }),
    "memory",
    "a later frame changed the payload",
  ],
  "reuses the memory of a run": [reusing(), "memory", "changed the run"],
  "writes to its input": [
    decoding(whole, (decoder) => ({
      push: (chunk, sink) => {
        const pushed = decoder.push(chunk.slice(), sink)
        chunk.fill(0)
        return pushed
      },
    })),
    "memory",
    "push changed the bytes of a read",
  ],
}

function reversed(step: Framing.Step): Framing.Step {
  return step._tag === "Frame" ? { ...step, payload: step.payload.slice().reverse() } : step
}

/** Passes each read on in the same memory. */
function reusing(): Framing.Framing {
  return decoding(whole, (decoder) => {
    const memory = new Uint8Array(4096)
    return {
      push: (chunk, sink) =>
        decoder.push(chunk, {
          onRun: (run) => {
            memory.set(run)
            sink.onRun(memory.subarray(0, run.length))
          },
        }),
    }
  })
}

/** A gap that changes the first byte of each frame after the first. */
function keepingGap(): Framing.Framing {
  return decoding(Framing.gap("20 millis"), (decoder) => {
    let hasEnded = false
    return {
      push: (chunk, sink) => decoder.push(hasEnded ? Uint8Array.of(0xff, ...chunk.subarray(1)) : chunk, sink),
      end: (sink) => {
        hasEnded = true
        return decoder.end(sink)
      },
    }
  })
}

describe("the laws of framings find a framing that", () => {
  for (const [what, [framing, law, problem]] of Object.entries(mutants)) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Testing.framingLaws(framing))
        expect(error).toMatchObject({ _tag: "FramingLawError", law })
        expect(error.problem).toContain(problem)
        expect(error.message).toContain(`breaks the law ${law}: `)
      }),
    )
  }

  it.effect("refuses all payloads of the check", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(Testing.framingLaws(Framing.json))
      expect(message).toBe(
        "the framing json breaks the law roundTrip: it refuses all payloads of the check; give payloads that it accepts with the option payload",
      )
    }),
  )

  it.effect("is the same each time, with a short counterexample", () =>
    Effect.gen(function* () {
      const framing = made({ encode: (payload) => Uint8Array.of(...payload, 0x03) }, escaped)
      const first = yield* Effect.flip(Testing.framingLaws(framing))
      const again = yield* Effect.flip(Testing.framingLaws(framing))
      expect(again).toEqual(first)
      expect(first.reads.reduce((bytes, read) => bytes + read.length, 0)).toBeLessThan(4)
    }),
  )
})
