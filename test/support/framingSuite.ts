import { expect } from "@effect/vitest"
import { Framing } from "../../src/domain/index.ts"
import { expectReaders } from "../../src/testing/internal/laws.ts"
import { cutAt, joinBytes } from "./properties.ts"

/** What a decoder gave for some chunks. */
export interface Fed {
  readonly payloads: ReadonlyArray<ReadonlyArray<number>>
  readonly wires: ReadonlyArray<Uint8Array>
  /** The number of skipped bytes, and why they were skipped. */
  readonly skipped: number
  readonly causes: ReadonlyArray<Framing.SkipCause>
  /** The number of bytes of an incomplete last frame. */
  readonly left: number
  /** Where the decoder failed, and why. */
  readonly failure: Framing.DecodeFailure | undefined
  readonly mostPending: number
}

/** Pushes the chunks to a new decoder until it fails, and otherwise ends it. */
export const feedFraming = (
  framing: Framing.Framing,
  chunks: ReadonlyArray<Uint8Array>,
  maxFrameBytes = Number.MAX_SAFE_INTEGER,
): Fed => {
  const decoder = framing.decoder(maxFrameBytes)
  const wires: Array<Uint8Array> = []
  const causes: Array<Framing.SkipCause> = []
  let skipped = 0
  let left = 0
  let failure: Framing.DecodeFailure | undefined
  let mostPending = 0
  const sink: Framing.RunSink = {
    onRun: (run) => wires.push(run),
    onBytesSkipped: (bytes, cause) => {
      expect(bytes).toBeGreaterThan(0)
      skipped += bytes
      causes.push(cause)
    },
  }
  for (const chunk of chunks) {
    const pushed = decoder.push(chunk, sink)
    mostPending = Math.max(mostPending, decoder.pending())
    if (pushed === true) continue
    if (pushed === false) throw new Error("the decoder has not said where it failed")
    failure = pushed
    break
  }
  if (failure === undefined) {
    left = decoder.end(sink)
    expect(decoder.pending()).toBe(0)
  }
  const payloads: Array<ReadonlyArray<number>> = []
  for (const wire of wires) framing.payloads(wire, (payload) => payloads.push([...payload]))
  return { payloads, wires, skipped, causes, left, failure, mostPending }
}

/** What an oracle expects of a decoder. */
export interface Expected {
  readonly payloads: ReadonlyArray<ReadonlyArray<number>>
  /** The number of skipped bytes and of the bytes of an incomplete last frame. */
  readonly skipped: number
  readonly failedAt?: number | undefined
}

/** The input at once, cut in two at every place, byte by byte, and cut at some places. */
export const allCuts = (input: Uint8Array, places: ReadonlyArray<number>) => [
  [input],
  ...Array.from({ length: input.length + 1 }, (_, place) => cutAt(input, [place])),
  [...input].map((byte) => Uint8Array.of(byte)),
  cutAt(input, places),
]

/** Asserts that a decoder gives what the oracle expects, wherever the reads are split. */
export const expectAsOracle = (
  framing: Framing.Framing,
  input: Uint8Array,
  maxFrameBytes: number,
  places: ReadonlyArray<number>,
  expected: Expected,
): void => {
  for (const chunks of allCuts(input, places)) {
    const fed = feedFraming(framing, chunks, maxFrameBytes)
    expect(fed.payloads).toEqual(expected.payloads)
    expect(fed.failure?.offset).toBe(expected.failedAt)
    expect(fed.skipped + fed.left).toBe(expected.skipped)
    for (const wire of fed.wires) expectReaders(framing, wire)
  }
}

/** Asserts that a payload survives encoding and decoding, alone and between others, and that relays keep its bytes. */
export const expectRoundTrip = (framing: Framing.Framing, payloads: ReadonlyArray<Uint8Array>): void => {
  const encoded = payloads.map((payload) => Framing.encodeFrame(framing, payload, 1024 * 1024))
  const wires = encoded.filter((wire) => wire instanceof Uint8Array)
  expect(encoded.length).toBe(wires.length)
  const wire = joinBytes(wires)
  const fed = feedFraming(framing, [wire])
  expect(fed.payloads).toEqual(payloads.map((payload) => [...payload]))
  expect([...joinBytes(fed.wires)]).toEqual([...wire])
  // The frames of one read are one view of it.
  for (const run of fed.wires) expect(run.buffer).toBe(wire.buffer)
  expect(fed.wires.length).toBe(payloads.length === 0 ? 0 : 1)
}

/** Bytes from hex digits; other characters are ignored. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-fA-F]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16))

/** Why a framing refuses a payload, or `undefined`. */
export const refusalOf = (
  framing: Framing.Framing,
  payload: Uint8Array,
  maxFrameBytes = 1024 * 1024,
): string | undefined => {
  const encoded = Framing.encodeFrame(framing, payload, maxFrameBytes)
  return encoded instanceof Uint8Array ? undefined : encoded.problem
}
