import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { Framing } from "../../../src/domain/index.ts"
import { hex } from "../../support/framingSuite.ts"

const collect = (max: number) => {
  const wires: Array<Uint8Array> = []
  return {
    decoder: Framing.gap("20 millis").decoder(max),
    wires,
    sink: { onRun: (run: Uint8Array) => wires.push(run) },
  }
}

describe("frames with a gap between them", () => {
  it("have all bytes up to the pause, which the connection reports with end", () => {
    const { decoder, sink, wires } = collect(100)
    for (const part of ["01", "02 03", "04"]) decoder.push(hex(part), sink)
    expect(decoder.pending()).toBe(4)
    expect(wires).toEqual([])
    decoder.end(sink)
    decoder.end(sink)
    decoder.push(hex("05"), sink)
    decoder.end(sink)
    expect(wires).toEqual([hex("01020304"), hex("05")])
  })

  it("of one read are views of it", () => {
    const { decoder, sink, wires } = collect(100)
    const read = hex("0102")
    decoder.push(read, sink)
    decoder.end(sink)
    expect(wires[0]?.buffer).toBe(read.buffer)
  })

  it("above the limit are split", () => {
    const { decoder, sink, wires } = collect(3)
    decoder.push(hex("01"), sink)
    decoder.push(hex("02030405060708"), sink)
    expect(wires).toEqual([hex("010203"), hex("040506")])
    decoder.end(sink)
    expect(wires[2]).toEqual(hex("0708"))
  })

  it("say how long the pause is, and have no marks", () => {
    const framing = Framing.gap("1.5 seconds")
    expect([framing.name, framing.delimited, framing.pause && Duration.toMillis(framing.pause)]).toEqual([
      "gap:1500ms",
      false,
      1500,
    ])
    for (const pause of ["0 millis", "61 seconds", Duration.infinity] as const) {
      expect(() => Framing.gap(pause)).toThrow("a gap is from 1 ms to 60 s")
    }
  })
})
