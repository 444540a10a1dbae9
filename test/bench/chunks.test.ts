import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Blocks } from "../../bench/load/fallback/blocks.ts"
import { Checker, Counts } from "../../bench/load/fallback/checker.ts"
import { Gaps } from "../../bench/load/fallback/gaps.ts"
import { Histogram } from "../../bench/load/fallback/histogram.ts"
import { protocols, Records } from "../../bench/load/fallback/records.ts"
import { cutAt, runs } from "../support/properties.ts"
import { CheckedStream, publishers, self, sentByEach, steps } from "./checkedStream.ts"

const places = FastCheck.array(FastCheck.nat({ max: 20_000 }), { maxLength: 200 })
const sizes = FastCheck.constantFrom(16, 64, 100)

/** Checks chunk by chunk; each is read into the same buffer, as from a socket. */
const check = (records: Records, chunks: ReadonlyArray<Uint8Array>, sent = sentByEach) => {
  const messages: Array<string> = []
  let pings = 0
  const checker = new Checker({
    records,
    blocks: new Blocks(records),
    publishers,
    sentBy: () => sent,
    self,
    onMessage: (publisher, sequence) => messages.push(`${publisher}:${sequence}`),
    onPing: () => pings++,
  })
  const buffer = Buffer.alloc(Math.max(1, ...chunks.map(({ length }) => length)))
  for (const chunk of chunks) {
    buffer.set(chunk)
    checker.feed(buffer, chunk.length)
  }
  return { messages, pings, counts: checker.counts, heardHello: checker.heardHello }
}

const countsOf = ({ received, doubled, reordered, corrupt, torn, own, missing }: Counts) => ({
  received,
  doubled,
  reordered,
  corrupt,
  torn,
  own,
  missing,
})

describe.each(protocols)("the checker of the load generator in Node, reading %s", (protocol) => {
  it.prop(
    "finds what is there, however it is cut into chunks",
    { steps, places, size: sizes },
    ({ steps, places, size }) => {
      const records = new Records(protocol, size)
      const stream = new CheckedStream(records, steps)
      const found = check(records, cutAt(stream.bytes, places))
      expect(countsOf(found.counts)).toEqual(countsOf(stream.counts))
      expect(found.messages).toEqual(stream.messages)
      expect(found.heardHello).toBe(steps.some(({ _tag }) => _tag === "Hello"))
    },
    runs(300),
  )

  it("takes nothing that its publisher has not sent yet, be it the very next message", () => {
    const sent = 100
    for (const count of [101, 128, 130, 300]) {
      const records = new Records(protocol, 16)
      const { bytes } = new CheckedStream(records, [{ _tag: "Next", publisher: 0, count }])
      const { counts, messages } = check(records, [bytes], sent)
      expect(countsOf(counts)).toEqual({ ...countsOf(new Counts()), received: sent, corrupt: count - sent })
      expect(messages).toHaveLength(sent)
    }
  })

  it("finds every single bit that is wrong", () => {
    const records = new Records(protocol, 16)
    const { bytes } = new CheckedStream(records, [{ _tag: "Next", publisher: 0, count: 3 }])
    const { size } = records.received
    for (let bit = 0; bit < size * 8; bit++) {
      const changed = Buffer.from(bytes)
      const at = size + (bit >> 3)
      changed[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
      const { received, corrupt, torn } = check(records, [changed], 3).counts
      // The upper digits of a sequence may tell of another message that looks right, but which nobody has sent.
      expect({ bit, found: corrupt + torn > 0 && received < 3 }).toEqual({ bit, found: true })
    }
  })
})

describe("the checker of the load generator in Node", () => {
  it("answers each ping of nats between the messages, cut anywhere", () => {
    const records = new Records("nats", 16)
    const { bytes } = new CheckedStream(records, [{ _tag: "Next", publisher: 1, count: 1 }])
    const both = Buffer.concat([Buffer.from("PING\r\n"), bytes, Buffer.from("PING\r\n")])
    for (let place = 0; place <= both.length; place++) {
      const { pings, counts } = check(records, cutAt(both, [place]))
      expect({ place, pings, received: counts.received, torn: counts.torn }).toEqual({
        place,
        pings: 2,
        received: 1,
        torn: 0,
      })
    }
  })

  it.each(["nats", "redis"] as const)("goes on at the next record of %s behind one that was cut short", (protocol) => {
    const records = new Records(protocol, 16)
    const { bytes } = new CheckedStream(records, [{ _tag: "Next", publisher: 0, count: 3 }])
    const { size, head } = records.received
    const shortened = Buffer.concat([bytes.subarray(0, head.length + 3), bytes.subarray(size)])
    for (let first = 0; first <= shortened.length; first++) {
      for (let second = first; second <= shortened.length; second++) {
        const { torn, received, corrupt } = check(records, cutAt(shortened, [first, second])).counts
        const found = { first, second, torn, received, corrupt }
        expect(found).toEqual({ first, second, torn: 1, received: 2, corrupt: 0 })
      }
    }
  })

  it("counts a line that is much too long once, and goes on behind it", () => {
    const records = new Records("raw", 16)
    const message = new CheckedStream(records, [{ _tag: "Next", publisher: 0, count: 1 }]).bytes
    const line = Buffer.from(`${"x".repeat(1000)}\n`)
    for (const places of [[], [10, 20, 500, 1001], [33, 1000]]) {
      const { torn, received, corrupt } = check(records, cutAt(Buffer.concat([line, message]), places)).counts
      expect({ torn, received, corrupt }).toEqual({ torn: 1, received: 1, corrupt: 0 })
    }
  })
})

describe("the gaps of a publisher", () => {
  it("are each taken once", () => {
    const gaps = new Gaps()
    gaps.open(3, 6)
    gaps.open(10, 11)
    expect([2, 4, 4, 3, 5, 6, 10, 10, 11].map((sequence) => gaps.take(sequence))).toEqual([
      false,
      true,
      false,
      true,
      true,
      false,
      true,
      false,
      false,
    ])
  })
})

describe("the histogram of the load generator in Node", () => {
  it.prop(
    "tells percentiles that are wrong by less than 0.5 %",
    { values: FastCheck.array(FastCheck.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 300 }) },
    ({ values }) => {
      const histogram = new Histogram()
      for (const nanos of values) histogram.record(nanos / 1e6)
      const sorted = [...values].sort((a, b) => a - b)
      const exact = (share: number) => (sorted[Math.floor(share * sorted.length)] ?? Number.NaN) / 1000
      const { p50, p90, p99, p999, max } = histogram.percentiles()
      const pairs = [
        [p50, exact(0.5)],
        [p90, exact(0.9)],
        [p99, exact(0.99)],
        [p999, exact(0.999)],
        [max, exact(1 - Number.EPSILON)],
      ] as const
      // Microseconds are told to a tenth.
      for (const [told, real] of pairs) expect(Math.abs(told - real)).toBeLessThanOrEqual(real * 0.005 + 0.05)
    },
    runs(300),
  )
})
