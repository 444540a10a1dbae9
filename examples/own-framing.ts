import { Framing } from "tcpfx/domain"

/** The sum of the payload in one byte. */
const sumOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)

/** A frame of the device is the byte AA, a length of one byte, the payload, and the sum of the payload. */
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
