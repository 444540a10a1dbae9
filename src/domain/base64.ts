import type { ByteWriter } from "./ByteWriter.ts"

const alphabet = Uint8Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", (character) =>
  character.charCodeAt(0),
)
const padding = 0x3d

// Node's encoder is eight times as fast as the loop below, but calling it costs as much as the loop needs for 300
// bytes.
const worthCalling = 300

/** Writes bytes in base64 with padding (RFC 4648, section 4). */
export const writeBase64 = (bytes: Uint8Array, out: ByteWriter): void => {
  const characters = 4 * Math.ceil(bytes.length / 3)
  out.reserve(characters)
  if (bytes.length >= worthCalling && typeof Buffer !== "undefined") {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
    Buffer.from(out.buffer.buffer, out.buffer.byteOffset + out.length, characters).write(text, "latin1")
    out.length += characters
    return
  }
  const { buffer } = out
  let { length } = out
  const whole = bytes.length - (bytes.length % 3)
  for (let at = 0; at < whole; at += 3) {
    const first = bytes[at] as number
    const second = bytes[at + 1] as number
    const third = bytes[at + 2] as number
    buffer[length] = alphabet[first >> 2] as number
    buffer[length + 1] = alphabet[((first & 3) << 4) | (second >> 4)] as number
    buffer[length + 2] = alphabet[((second & 15) << 2) | (third >> 6)] as number
    buffer[length + 3] = alphabet[third & 63] as number
    length += 4
  }
  if (whole < bytes.length) {
    const first = bytes[whole] as number
    const second = whole + 1 < bytes.length ? (bytes[whole + 1] as number) : 0
    buffer[length] = alphabet[first >> 2] as number
    buffer[length + 1] = alphabet[((first & 3) << 4) | (second >> 4)] as number
    buffer[length + 2] = whole + 1 < bytes.length ? (alphabet[(second & 15) << 2] as number) : padding
    buffer[length + 3] = padding
    length += 4
  }
  out.length = length
}
