import { ByteWriter } from "../ByteWriter.ts"
import { writeHexDump } from "./writeHexDump.ts"

const upper = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0")

// The hex digits of each byte, precomputed: the page shows thousands of bytes ten times a second.
const pairs = Array.from({ length: 256 }, (_, byte) => upper(byte, 2))

/**
 * Formats at most the first `limit` bytes of a frame as hex pairs, separated by spaces.
 *
 * @example
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.deepEqual(Assistant.shownHex(Uint8Array.of(1, 3, 10), 2), { hex: "01 03", cut: true })
 */
export const shownHex = (frame: Uint8Array, limit: number): { readonly hex: string; readonly cut: boolean } => {
  const shown = frame.length > limit ? frame.subarray(0, limit) : frame
  let hex = shown.length === 0 ? "" : (pairs[shown[0] as number] as string)
  for (let at = 1; at < shown.length; at++) hex += ` ${pairs[shown[at] as number]}`
  return { hex, cut: shown.length < frame.length }
}

const ascii = new TextDecoder()

/**
 * Formats bytes as lines with the offset, hex and ASCII, 16 bytes per line, without a line end after the last line.
 * `first` is the offset that the first line shows. Default 0.
 *
 * @example
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.equal(
 *   Assistant.hexDump(Uint8Array.of(0x68, 0x69, 0x0a)),
 *   "00000000  68 69 0A                                          |hi.|",
 * )
 */
export const hexDump = (frame: Uint8Array, first = 0): string => {
  const out = new ByteWriter()
  writeHexDump(frame, first, out)
  out.length = Math.max(0, out.length - 1)
  return ascii.decode(out.take())
}
