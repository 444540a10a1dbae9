import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { RecordReader, RecordWriter } from "../../src/workers/internal/Records.ts"
import { runs } from "../support/properties.ts"

const records = FastCheck.array(
  FastCheck.record({
    kind: FastCheck.integer({ min: 1, max: 9 }),
    body: FastCheck.uint8Array({ maxLength: 40 }),
    times: FastCheck.constantFrom(1, 900),
  }),
  { maxLength: 20 },
)

const bodyOf = ({ body, times }: { readonly body: Uint8Array; readonly times: number }): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => body))

describe("records", () => {
  it.prop(
    "arrive as they were written, however the stream is cut",
    [records, FastCheck.array(FastCheck.integer({ min: 1, max: 5000 }), { minLength: 1 })],
    ([written, cuts]) => {
      const writer = new RecordWriter()
      for (const one of written) {
        const body = bodyOf(one)
        writer.begin(one.kind, body.length)
        writer.bytes(body)
      }
      const wire = Buffer.concat(writer.take())
      const read: Array<readonly [number, string]> = []
      const reader = new RecordReader((kind, body) => read.push([kind, body.toString("hex")]))
      for (let at = 0, turn = 0; at < wire.length; turn++) {
        const end = at + (cuts[turn % cuts.length] ?? 1)
        reader.push(wire.subarray(at, end))
        at = end
      }
      expect(read).toEqual(written.map((one) => [one.kind, bodyOf(one).toString("hex")]))
    },
    runs(300),
  )

  it("keep numbers, and copy bytes whose memory is used again", () => {
    const writer = new RecordWriter()
    const lent = Buffer.from("lent")
    writer.begin(4, 4 + 8 + 1 + lent.length)
    writer.u32(4_000_000_000)
    writer.f64(2 ** 52)
    writer.u8(7)
    writer.copy(lent)
    lent.fill(0)
    const bodies: Array<Buffer> = []
    new RecordReader((_, body) => bodies.push(body)).push(Buffer.concat(writer.take()))
    const [body = Buffer.alloc(0)] = bodies
    expect([body.readUInt32LE(0), body.readDoubleLE(4), body.readUInt8(12)]).toEqual([4_000_000_000, 2 ** 52, 7])
    expect(body.subarray(13).toString()).toBe("lent")
  })
})
