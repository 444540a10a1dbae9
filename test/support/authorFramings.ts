import { Framing } from "../../src/domain/index.ts"
import { joinBytes } from "./properties.ts"

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)

/** AA, a length of one byte, the payload, and the sum of the payload. */
export const summed: Framing.FramingOptions = {
  name: "summed",
  next: (bytes, maxFrameBytes) => {
    if (bytes[0] !== 0xaa) return Framing.invalid("a frame begins with AA")
    const length = bytes[1]
    if (length === undefined) return Framing.need(3)
    if (length > maxFrameBytes) return Framing.tooLong
    const size = length + 3
    if (bytes.length < size) return Framing.need(size)
    const payload = bytes.subarray(2, size - 1)
    return sumOf(payload) === bytes[size - 1] ? Framing.frame(size, payload) : Framing.invalid("the sum is wrong")
  },
  encode: (payload) =>
    payload.length > 255
      ? Framing.refuse(`it has ${payload.length} bytes, and a frame has at most 255`)
      : Uint8Array.of(0xaa, payload.length, ...payload, sumOf(payload)),
}

const stop = 0x03
const escapeByte = 0x10

/** The payload, and 03 after it. The byte 10 stands before a 03 or 10 of the payload. */
export const escaped: Framing.FramingOptions = {
  name: "escaped",
  next: (bytes, _, searched) => {
    // An escape can be the last byte of the earlier ones.
    let at = searched > 0 && bytes[searched - 1] === escapeByte ? pastEscaped(bytes, searched) : searched
    while (at < bytes.length && bytes[at] !== stop) at += bytes[at] === escapeByte ? 2 : 1
    if (at >= bytes.length) return Framing.need()
    const payload: Array<number> = []
    for (let from = 0; from < at; from++) payload.push(bytes[bytes[from] === escapeByte ? ++from : from] as number)
    return Framing.frame(at + 1, Uint8Array.from(payload))
  },
  encode: (payload) =>
    Uint8Array.from([
      ...[...payload].flatMap((byte) => (byte === stop || byte === escapeByte ? [escapeByte, byte] : [byte])),
      stop,
    ]),
}

/** Returns `searched`, or the offset after it if the byte before it escapes the byte at it. */
const pastEscaped = (bytes: Uint8Array, searched: number): number => {
  let first = searched
  while (first > 0 && bytes[first - 1] === escapeByte) first--
  return searched + ((searched - first) % 2)
}

const blankLine = [0x0d, 0x0a, 0x0d, 0x0a]

/** A header in text with the length of the body, as in HTTP. */
export const headed: Framing.FramingOptions = {
  name: "headed",
  next: (bytes, maxFrameBytes, searched) => {
    const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(
      Buffer.from(blankLine),
      Math.max(0, searched - 3),
    )
    if (end === -1) return bytes.length > 64 ? Framing.invalid("a header has at most 60 bytes") : Framing.need()
    const length = /^Length: (\d{1,9})$/.exec(new TextDecoder("latin1").decode(bytes.subarray(0, end)))?.[1]
    if (length === undefined) return Framing.invalid("a header is a line such as Length: 12")
    if (Number(length) > maxFrameBytes) return Framing.tooLong
    const size = end + 4 + Number(length)
    return bytes.length < size ? Framing.need(size) : Framing.frame(size, bytes.subarray(end + 4, size))
  },
  encode: (payload) => joinBytes([new TextEncoder().encode(`Length: ${payload.length}\r\n\r\n`), payload]),
}
