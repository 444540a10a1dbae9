import { describe, expect, it } from "@effect/vitest"
import { Framing } from "../../../src/domain/index.ts"
import { escaped, headed, summed } from "../../support/authorFramings.ts"
import { feedFraming, hex, refusalOf } from "../../support/framingSuite.ts"
import { joinBytes } from "../../support/properties.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A framing that counts the calls of `next` and the bytes that a scan from `searched` on looks at. */
const counted = (options: Framing.FramingOptions) => {
  const work = { calls: 0, scanned: 0 }
  const framing = Framing.make({
    ...options,
    next: (bytes, maxFrameBytes, searched) => {
      work.calls++
      work.scanned += bytes.length - searched
      return options.next(bytes, maxFrameBytes, searched)
    },
  })
  return { framing, work }
}

const bytewise = (wire: Uint8Array) => [...wire].map((byte) => Uint8Array.of(byte))

describe("a framing of an author", () => {
  it("passes the whole frames of a read on as one view of it, without a copy", () => {
    const read = hex("aa0161 61 aa0000 aa02")
    const { framing, work } = counted(summed)
    const fed = feedFraming(framing, [read, hex("6162 c3")])
    expect(fed.payloads).toEqual([[0x61], [], [0x61, 0x62]])
    expect(fed.wires.map((wire) => [wire.buffer === read.buffer, wire.length])).toEqual([
      [true, 7],
      [false, 5],
    ])
    // Two frames and a beginning, one whole frame, and one call for each payload.
    expect(work.calls).toBe(4 + 3)
  })

  it("is asked as often as it says for a frame that arrives byte by byte", () => {
    const { framing, work } = counted(headed)
    const payload = new Uint8Array(50_000)
    const wire = Framing.encodeFrame(framing, payload, 100_000)
    if (!(wire instanceof Uint8Array)) throw wire
    const header = wire.length - payload.length
    expect(feedFraming(framing, bytewise(wire)).payloads).toHaveLength(1)
    // The last two calls find the whole frame and read its payload.
    expect(work.calls).toBe(header + 2)
  })

  it("scans each byte of a frame without a known size once, and a few more", () => {
    const { framing, work } = counted(escaped)
    const wire = joinBytes([utf8("a".repeat(100_000)), hex("03")])
    for (const chunks of [bytewise(wire), [wire.subarray(0, 1), wire.subarray(1)]]) {
      work.scanned = 0
      expect(feedFraming(framing, chunks).payloads).toHaveLength(1)
      expect(work.scanned).toBeLessThanOrEqual(2 * wire.length + 10)
    }
  })

  it("copies little of the frames that follow an incomplete one", () => {
    const frames = joinBytes(Array.from({ length: 1000 }, () => hex("61626303")))
    const fed = feedFraming(Framing.make(escaped), [frames.subarray(0, 2), frames.subarray(2)])
    expect(fed.payloads).toHaveLength(1000)
    expect(fed.wires.map(({ length }) => length)).toEqual([4, 3996])
    expect(fed.wires[1]?.buffer).toBe(frames.buffer)
  })

  it("refuses a payload when `encode` returns something else than bytes and refusals", () => {
    for (const encoded of ["ab", undefined, {}, [1, 2], Promise.resolve()]) {
      const encode = () => encoded as unknown as Uint8Array
      const refused = Framing.encodeFrame(Framing.make({ ...summed, encode }), hex("61"), 100)
      expect(String(refused)).toContain(`${summed.name}): encode of the framing returned neither bytes nor a refusal`)
    }
  })

  it("throws its name when `next` returns something else than a step", () => {
    for (const step of [undefined, "Need", {}, Promise.resolve(), hex("61")]) {
      const framing = Framing.make({ ...summed, next: () => step as unknown as ReturnType<typeof summed.next> })
      expect(() => feedFraming(framing, [hex("aa00")])).toThrow(`next of the framing ${summed.name} returned no step`)
    }
  })

  it("fails with the offset and the problem of an invalid frame, after the frames before it", () => {
    const fed = feedFraming(Framing.make(summed), [hex("aa00"), hex("00 aa0000 aa016162")])
    expect(fed.failure).toEqual({ offset: 6, problem: "the sum is wrong" })
    expect(fed.payloads).toEqual([[], []])
    const begun = feedFraming(Framing.make(summed), [hex("aa0000 aa0161"), hex("62")])
    expect(begun.failure).toEqual({ offset: 3, problem: "the sum is wrong" })
  })

  it("fails at the limit, also when the framing does not compare", () => {
    const framing = Framing.make(escaped)
    expect(feedFraming(framing, [utf8("ab\u0003abc\u0003")], 2)).toMatchObject({
      payloads: [[0x61, 0x62]],
      failure: { offset: 3, problem: undefined },
    })
    const endless = feedFraming(
      framing,
      Array.from({ length: 100 }, () => new Uint8Array(1024)),
      10_000,
    )
    expect(endless.failure).toEqual({ offset: 0, problem: undefined })
    expect(endless.mostPending).toBeLessThanOrEqual(2 * 10_000 + 1024)
    const announced = Framing.make({ ...headed, next: (bytes, _, searched) => headed.next(bytes, Infinity, searched) })
    expect(feedFraming(announced, [utf8("Length: 999999999\r\n\r\n")], 100).failure).toEqual({
      offset: 0,
      problem: undefined,
    })
  })

  it("tells how many bytes of an incomplete frame are left at the end", () => {
    expect(feedFraming(Framing.make(summed), [hex("aa0000 aa0561")])).toMatchObject({ payloads: [[]], left: 3 })
  })

  it("refuses payloads with its own reason, and payloads above the limit", () => {
    const framing = Framing.make(summed)
    expect(refusalOf(framing, new Uint8Array(256))).toBe("it has 256 bytes, and a frame has at most 255")
    expect(refusalOf(framing, new Uint8Array(11), 10)).toBe("its 11 bytes are above the limit of 10")
    expect(Framing.wireOf(framing, new Uint8Array(256))).toEqual(new Uint8Array(256))
  })

  it.each([0, -1, 1.5, 4, Number.NaN])("throws when it returns a frame of %d of three bytes", (size) => {
    const framing = Framing.make({ ...summed, next: (bytes) => Framing.frame(size, bytes) })
    expect(() => feedFraming(framing, [hex("000000")])).toThrow(
      `the framing summed returned a frame of ${size} bytes, and a frame has 1 to 3 of the bytes that it got`,
    )
    expect(() => framing.count(hex("000000"))).toThrow("the framing summed returned a frame of")
  })

  it("throws when it needs more bytes than its frame has", () => {
    const framing = Framing.make({
      ...summed,
      next: (bytes) => (bytes.length < 4 ? Framing.need(4) : Framing.frame(1, bytes.subarray(0, 1))),
    })
    expect(() => feedFraming(framing, [hex("0000"), hex("0000")])).toThrow(
      "the framing summed needed more than 2 bytes for a frame that has 1",
    )
  })

  it("delivers the frames before one at which it throws", () => {
    const runs: Array<Uint8Array> = []
    const framing = Framing.make({
      ...summed,
      next: (bytes, most, searched) => {
        if (bytes[0] === 0xff) throw new Error("FF")
        return summed.next(bytes, most, searched)
      },
    })
    const push = () => framing.decoder(10).push(hex("aa0000 ff"), { onRun: (run) => runs.push(run) })
    expect(push).toThrow("FF")
    expect(runs).toEqual([hex("aa0000")])
  })
})
