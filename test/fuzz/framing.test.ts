import { describe, expect } from "@effect/vitest"
import * as Either from "effect/Either"
import { Framing } from "../../src/domain/index.ts"
import { fuzz } from "../support/fuzz.ts"
import { heldBytes } from "../support/heldBytes.ts"
import { mutatedBytes } from "../support/mutations.ts"
import { cutAt, joinBytes } from "../support/properties.ts"
import type { Chance } from "../support/stressSeeds.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const samples = ["one\ntwo\r\nthree", "\n\r\n\r\r\n", "a long line without an end", "\u20ac\n\u00e4\u00f6\n"].map(utf8)
const tokens = ["\n", "\r\n", "\n\n\n\n", "xxxxxxxxxxxxxxxx"].map(utf8)

const otherTokens = ["\r\n", "\xc0", "\xdb", "\0", "3:abc,", '{"a":[', "]}", '"', "\0\x05"].map((text) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0)),
)
const encodable = ["abc", '{"a":[1,"}"]}', "[]", "\xc0\xdb\0\xc0", "a\0\x05bcd"].map((text) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0)),
)

/** Some frames of a framing. */
const wires = (framing: Framing.Framing) => {
  const frames = encodable
    .map((payload) => Framing.encodeFrame(framing, payload, 100))
    .filter((wire) => wire instanceof Uint8Array)
  return [joinBytes(frames), ...frames, joinBytes([...frames, ...frames])]
}

const places = (chance: Chance, length: number) =>
  Array.from({ length: chance.between(0, 8) }, () => chance.between(0, length))

/** The payloads that a decoder gives for the chunks, as text, and whether it took all bytes. */
const feed = (framing: Framing.Framing, maxFrameBytes: number, chunks: ReadonlyArray<Uint8Array>) => {
  const decoder = framing.decoder(maxFrameBytes)
  const payloads: Array<string> = []
  const wires: Array<Uint8Array> = []
  const emit = (wire: Uint8Array) => {
    wires.push(wire)
    framing.payloads(wire, (payload) => payloads.push(Buffer.from(payload).toString("latin1")))
  }
  let accepted = true
  for (const chunk of chunks) {
    if (!decoder.push(chunk, { onRun: emit })) {
      accepted = false
      break
    }
    expect(decoder.pending()).toBeLessThanOrEqual(maxFrameBytes)
    expect(heldBytes(decoder)).toBeLessThanOrEqual(maxFrameBytes + 1)
  }
  if (accepted) decoder.end({ onRun: emit })
  return { accepted, payloads, wires }
}

describe("framings", () => {
  for (const framing of [Framing.raw, Framing.line]) {
    fuzz(
      `${framing.name}: any bytes in any reads give frames up to the limit or a refusal, and the buffer stays bounded`,
      {
        cases: 3000,
        input: (chance) => mutatedBytes(chance, chance.oneOf(samples) ?? samples[0] ?? utf8(""), tokens),
        check: (input, chance) => {
          const maxFrameBytes = chance.between(1, 40)
          const { payloads, wires, accepted } = feed(framing, maxFrameBytes, cutAt(input, places(chance, input.length)))
          for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(maxFrameBytes)
          expect(wires.reduce((sum, wire) => sum + framing.count(wire), 0)).toBe(payloads.length)
          const wire = joinBytes(wires)
          expect(Buffer.from(wire.subarray(0, input.length))).toEqual(Buffer.from(input.subarray(0, wire.length)))
          if (accepted) expect(wire.length).toBeGreaterThanOrEqual(input.length)
        },
      },
    )
  }

  const others = [
    "netstring",
    "slip",
    "cobs",
    "json",
    "delim:0d0a",
    "len:u8",
    "len:u16be+1,adjust:-2",
    "len:varint",
    "fixed:3",
  ]
  for (const framing of others.map((name) => Either.getOrThrow(Framing.parse(name)))) {
    fuzz(`${framing.name}: any bytes in any reads give frames up to the limit, and all other bytes are counted`, {
      cases: 3000,
      input: (chance) => mutatedBytes(chance, chance.oneOf(wires(framing)) ?? utf8(""), otherTokens),
      check: (input, chance) => {
        const maxFrameBytes = chance.between(3, 40)
        const decoder = framing.decoder(maxFrameBytes)
        let [passed, skipped] = [0, 0]
        const sink: Framing.RunSink = {
          onRun: (run) => {
            passed += run.length
            let payloads = 0
            framing.payloads(run, (payload) => {
              payloads++
              expect(payload.length).toBeLessThanOrEqual(maxFrameBytes)
            })
            expect(framing.count(run)).toBe(payloads)
          },
          onBytesSkipped: (bytes) => {
            skipped += bytes
          },
        }
        const failed = cutAt(input, places(chance, input.length)).some((chunk) => decoder.push(chunk, sink) !== true)
        expect(heldBytes(decoder)).toBeLessThanOrEqual(2 * maxFrameBytes + 12)
        if (failed) return
        skipped += decoder.end(sink)
        // A last frame can get a delimiter of two bytes. White space and marks without a frame are not counted.
        expect(passed + skipped).toBeLessThanOrEqual(input.length + 2)
        if (framing.name.startsWith("len") || framing.name === "netstring") expect(passed + skipped).toBe(input.length)
      },
    })
  }

  fuzz("line: the frames do not depend on where the reads are split", {
    cases: 3000,
    input: (chance) => mutatedBytes(chance, chance.oneOf(samples) ?? utf8(""), tokens),
    check: (input, chance) => {
      const maxFrameBytes = chance.between(1, 40)
      const { accepted, payloads } = feed(Framing.line, maxFrameBytes, [input])
      const cut = feed(Framing.line, maxFrameBytes, cutAt(input, places(chance, input.length)))
      expect([cut.accepted, cut.payloads]).toEqual([accepted, payloads])
    },
  })
})
