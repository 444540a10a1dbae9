import { Framing } from "tcpfx/domain"

/** The sum of the bytes of the payload, modulo 256. */
const sumOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)

/**
 * The framing of the device. A frame has the byte AA, the length of the payload in one byte, the payload, and its sum.
 */
export const deviceFraming = Framing.make({
  name: "device",
  next: (bytes) => {
    if (bytes[0] !== 0xaa) return Framing.invalid("a frame begins with AA")
    const length = bytes[1]
    if (length === undefined) return Framing.need(3)
    const size = length + 3
    if (bytes.length < size) return Framing.need(size)
    const payload = bytes.subarray(2, size - 1)
    return sumOf(payload) === bytes[size - 1] ? Framing.frame(size, payload) : Framing.invalid("the sum is wrong")
  },
  encode: (payload) =>
    payload.length > 255
      ? Framing.refuse(`it has ${payload.length} bytes, and a frame has at most 255`)
      : Uint8Array.of(0xaa, payload.length, ...payload, sumOf(payload)),
})
