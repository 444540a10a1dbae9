import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { TelnetDecoder } from "../../../src/domain/telnet/TelnetDecoder.ts"
import { TelnetEncoder } from "../../../src/domain/telnet/TelnetEncoder.ts"
import { hex } from "../../support/framingSuite.ts"
import { cutAt, joinBytes, runs } from "../../support/properties.ts"

/** Decodes chunks. Takes the answers after each chunk. */
const decode = (chunks: ReadonlyArray<Uint8Array>) => {
  const decoder = new TelnetDecoder()
  const data: Array<Uint8Array> = []
  const answers: Array<Uint8Array> = []
  for (const chunk of chunks) {
    data.push(decoder.push(chunk))
    answers.push(decoder.takeAnswers() ?? new Uint8Array(0))
  }
  return { data: [...joinBytes(data)], answers: [...joinBytes(answers)] }
}

const encode = (chunks: ReadonlyArray<Uint8Array>) => {
  const encoder = new TelnetEncoder()
  const encoded = chunks.map((chunk) => encoder.encode(chunk))
  return joinBytes([...encoded, encoder.finish() ?? new Uint8Array(0)])
}

/** A reference implementation on whole streams that replaces what RFC 854 names, one command after the other. */
const oracle = (bytes: Uint8Array) => {
  const text = Buffer.from(bytes).toString("latin1")
  const answers: Array<string> = []
  let data = ""
  for (let rest = text; rest !== ""; ) {
    const match =
      /^\xff\xff/.exec(rest) ??
      /^\xff[\xfb-\xfe]([\s\S]|$)/.exec(rest) ??
      /^\xff\xfa(?:\xff\xff|[^\xff])*(?:\xff\xf0|\xff?$)/.exec(rest) ??
      /^\xff(?:[\xec-\xf9]|$)/.exec(rest) ??
      /^[^\xff]/.exec(rest)
    const found = match?.[0] ?? "\xff"
    rest = rest.slice(found.length)
    if (found === "\xff\xff") data += "\xff"
    else if (found[0] !== "\xff") data += found
    const [, command, option] = found
    if (option === undefined || (command !== "\xfb" && command !== "\xfd")) continue
    const answer = `\xff${command === "\xfd" ? "\xfc" : "\xfe"}${option}`
    if (!answers.includes(answer) || answer === "\xff\xfc\x06") answers.push(answer)
  }
  const bytesOf = (latin1: string) => [...Buffer.from(latin1, "latin1")]
  return { data: bytesOf(data.replaceAll("\r\0", "\r")), answers: bytesOf(answers.join("")) }
}

// Subnegotiations end with SE here. The decoder also accepts other ends, which the tests below show one by one.
const part = FastCheck.oneof(
  FastCheck.constantFrom("61", "0d", "0d00", "0d0a", "00", "ffff", "fff1", "fff6", "ffed"),
  FastCheck.constantFrom("fffd01", "fffb03", "fffc01", "fffe03", "fffd06", "fffdff", "fffb0d", "fffb00"),
  FastCheck.constantFrom("fffafff0", "fffa1801fff0", "fffa18ffff00fff0", "fffa0d00fff0", "80", "ff61"),
)
const stream = FastCheck.array(part, { maxLength: 12 }).map((parts) => hex(parts.join(" ")))

describe("the Telnet decoder", () => {
  it.prop(
    "takes commands out as a simple implementation does, and answers each request once, wherever the reads are split",
    [stream, FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 5 })],
    ([bytes, places]) => {
      const expected = oracle(bytes)
      expect(decode([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
      for (let at = 0; at <= bytes.length; at++) {
        const { answers, data } = decode([bytes.subarray(0, at), bytes.subarray(at)])
        expect([at, data]).toEqual([at, expected.data])
        expect(answers.length).toBeLessThanOrEqual(expected.answers.length)
      }
      expect(decode(cutAt(bytes, places)).data).toEqual(expected.data)
    },
    runs(500),
  )

  it.prop(
    "returns what the encoder got, wherever both streams are split",
    [
      FastCheck.array(FastCheck.constantFrom(0xff, 0x0d, 0x0a, 0, 0x61, 0xf0), { maxLength: 20 }),
      FastCheck.array(FastCheck.nat({ max: 20 }), { maxLength: 4 }),
      FastCheck.array(FastCheck.nat({ max: 40 }), { maxLength: 4 }),
    ],
    ([list, sent, read]) => {
      const data = Uint8Array.from(list)
      const encoded = encode(cutAt(data, sent))
      expect([...encoded]).toEqual([...encode([data])])
      expect(decode(cutAt(encoded, read))).toEqual({ data: list, answers: [] })
    },
    runs(500),
  )

  it("returns the same array for plain data, without a copy", () => {
    const bytes = new TextEncoder().encode("plain\r\ntext\0\r")
    expect(new TelnetDecoder().push(bytes)).toBe(bytes)
    expect(new TelnetEncoder().encode(bytes)).toBe(bytes)
  })

  it("refuses what the peer offers and asks for, and does not answer a refusal, so that no loop can arise", () => {
    expect(decode([hex("fffd01 fffb03 fffd01 fffb03 fffc05 fffe05")]).answers).toEqual([...hex("fffc01 fffe03")])
  })

  it("answers each timing mark, because a client shows nothing until the answer", () => {
    expect(decode([hex("fff4 fffd06"), hex("fff4 fffd06 fffd06")]).answers).toEqual([...hex("fffc06 fffc06")])
  })

  it("owes at most one answer for each option, however many requests arrive before the answers are taken", () => {
    const decoder = new TelnetDecoder()
    for (let round = 0; round < 1000; round++) {
      for (let option = 0; option < 256; option++) decoder.push(Uint8Array.of(0xff, 0xfd, option, 0xff, 0xfb, option))
    }
    expect(decoder.takeAnswers()).toHaveLength(512 * 3)
    expect(decoder.takeAnswers()).toBeUndefined()
  })

  it("keeps a byte after a lone IAC, because the kernel takes an urgent DM out of the stream", () => {
    expect(decode([hex("61 ff 62")]).data).toEqual([...hex("61 62")])
  })

  it("ends a subnegotiation at another command, and after 1024 bytes without an end", () => {
    expect(decode([hex("fffa1801 fff6 61")]).data).toEqual([0x61])
    expect(decode([hex("fffa18 fffd01 61")])).toEqual({ data: [0x61], answers: [...hex("fffc01")] })
    const endless = new Uint8Array(2000).fill(0x61)
    endless.set(hex("fffa"))
    expect(decode([endless]).data).toHaveLength(2000 - 2 - 1024)
  })
})

describe("the Telnet encoder", () => {
  it("doubles IAC, and completes a CR without LF by NUL, also over two payloads", () => {
    expect([...encode([hex("61 ff 0d"), hex("0a 0d"), hex("62 0d")])]).toEqual([...hex("61 ffff 0d 0a 0d 00 62 0d 00")])
  })
})
