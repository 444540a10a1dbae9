import type { ByteWriter } from "../ByteWriter.ts"

const perLine = 16
// The offset and the hex take 60 characters, the ASCII 16, the bars 2, and LF 1.
const lineLength = 79
const blank = 0x20
const bar = 0x7c
const lineFeed = 0x0a
const dot = 0x2e

const digits = new TextEncoder().encode("0123456789ABCDEF")
// The row of the tables for a place after the last byte.
const absent = 256
const tableOf = (of: (byte: number) => number) =>
  Uint8Array.from({ length: absent + 1 }, (_, byte) => (byte === absent ? blank : of(byte)))
const highDigits = tableOf((byte) => digits[byte >> 4] as number)
const lowDigits = tableOf((byte) => digits[byte & 15] as number)
const shown = tableOf((byte) => (byte >= 0x20 && byte < 0x7f ? byte : dot))

/**
 * Writes bytes as lines with the offset, hex and ASCII, 16 bytes per line, each with LF. `first` is the offset that the
 * first line shows. The lines have the form of `hexDump`.
 */
export const writeHexDump = (bytes: Uint8Array, first: number, out: ByteWriter): void => {
  out.reserve(Math.ceil(bytes.length / perLine) * lineLength)
  const { buffer } = out
  let to = out.length
  for (let at = 0; at < bytes.length; at += perLine) {
    for (let shift = 28; shift >= 0; shift -= 4) buffer[to++] = digits[((first + at) >>> shift) & 15] as number
    buffer[to++] = blank
    const count = Math.min(perLine, bytes.length - at)
    for (let place = 0; place < perLine; place++) {
      if (place === 0 || place === perLine / 2) buffer[to++] = blank
      const byte = place < count ? (bytes[at + place] as number) : absent
      buffer[to++] = highDigits[byte] as number
      buffer[to++] = lowDigits[byte] as number
      buffer[to++] = blank
    }
    buffer[to++] = blank
    buffer[to++] = bar
    for (let place = 0; place < count; place++) buffer[to++] = shown[bytes[at + place] as number] as number
    buffer[to++] = bar
    buffer[to++] = lineFeed
  }
  out.length = to
}
