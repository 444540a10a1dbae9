import type { TotalFraming } from "./contract.ts"
import { type LengthField, lengthFields } from "./lengthFields.ts"
import { owned } from "./partsOf.ts"
import { aboveLimit } from "./refusals.ts"
import { malformed, readersOf, SizedDecoder, type SizedFrames, unknownSize } from "./SizedDecoder.ts"

/** The place of the length field in a frame, and the bytes that the length counts. */
export interface LengthPrefixedOptions {
  /**
   * The kind of the length field: an unsigned number of 1, 2 or 4 bytes, big-endian (`be`) or little-endian (`le`), or a
   * variable-length number of 1 to 5 bytes with 7 bits in each, lowest bits first (`varint`, as in Protocol Buffers).
   */
  readonly field: LengthField
  /** The number of bytes of a frame before the length field. Default 0. */
  readonly offset?: number
  /**
   * The number that is added to the value of the length field. The sum is the number of bytes after the field. A
   * positive number is right for a frame whose length does not count all bytes after the field. A negative number is
   * right for a frame whose length also counts the field or bytes before it. Default 0.
   */
  readonly adjust?: number
  /**
   * The number of bytes at the front of a frame that are not part of the payload. Default: the length field if `offset`
   * is 0, else 0. A relay forwards these bytes, because they stay in the frame on the wire.
   */
  readonly strip?: number
}

// A larger offset or adjustment is most likely a typing error.
export const mostOffset = 1024
export const mostAdjust = 65_536

/**
 * A frame has a length field at a fixed offset. The options have the same meaning as in netty's
 * `LengthFieldBasedFrameDecoder`.
 *
 * On the wire, a frame consists of `offset` bytes, the length field, and the bytes after the field. The number of bytes
 * after the field is the value of the field plus `adjust`. The payload is the frame without its first `strip` bytes.
 *
 * With `offset` 0 and a `strip` that is the length field (the default), a sent payload is the frame without the length
 * field, and the framing adds the field. With `strip: 0`, a sent payload is the whole frame, and its length field must
 * be right. With another `strip`, a frame can be received but not sent, because its stripped bytes are unknown.
 *
 * A frame above `maxFrame` ends the connection with `FrameTooLong`. A length that is too small for the frame itself
 * ends the connection with `FrameInvalid`. Both reasons have the offset of the frame. An incomplete last frame ends
 * the connection with `FrameTruncated`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * const short = Framing.lengthPrefixed({ field: "u16be" })
 * assert.equal(short.name, "len:u16be")
 * assert.deepEqual(short.encode(Uint8Array.of(7, 8)), Uint8Array.of(0, 2, 7, 8))
 */
export const lengthPrefixed = (options: LengthPrefixedOptions): TotalFraming => {
  const { adjust = 0, field, offset = 0 } = options
  check(options)
  const numbers = lengthFields[field]
  const stripsField = options.strip === undefined && offset === 0
  const fixedStrip = options.strip ?? 0

  const sizeAt = (bytes: Uint8Array, at: number, end: number): number => {
    const fieldAt = at + offset
    const width = numbers.widthAt(bytes, fieldAt, end)
    if (width <= 0) return width === 0 ? unknownSize : malformed
    const behind = numbers.read(bytes, fieldAt, width) + adjust
    const size = offset + width + behind
    return behind < 0 || size < fixedStrip ? malformed : size
  }
  const stripAt = (bytes: Uint8Array, at: number): number =>
    stripsField ? Math.max(0, numbers.widthAt(bytes, at, bytes.length)) : fixedStrip
  const frames: SizedFrames = {
    sizeAt,
    problemAt: (bytes, at, end) => {
      const width = numbers.widthAt(bytes, at + offset, end)
      if (width < 0) return "the length field has more than 5 bytes"
      const value = numbers.read(bytes, at + offset, width)
      const needed = Math.max(0, fixedStrip - offset - width) - adjust
      return `the length field has the value ${value}, and a frame needs at least ${needed}`
    },
    payloadSize: (bytes, at, size) => size - stripAt(bytes, at),
    overhead: Math.max(fixedStrip, offset + numbers.most),
  }

  /** Returns why a payload that is a whole frame cannot be sent, or `undefined` if it can. */
  const wholeRefused = (payload: Uint8Array): string | undefined => {
    const size = sizeAt(payload, 0, payload.length)
    if (size === unknownSize) return `it ends before its length field, which is at byte ${offset}`
    if (size === payload.length) return undefined
    return size === malformed
      ? `its length field is wrong: ${frames.problemAt(payload, 0, payload.length)}`
      : `its length field, at byte ${offset}, makes a frame of ${size} bytes, and it has ${payload.length}`
  }
  const strippedRefused = (payload: Uint8Array): string | undefined => {
    const value = payload.length - adjust
    if (value < 0) return `it has ${payload.length} bytes, and a frame needs at least ${adjust}`
    return value > numbers.greatest
      ? `its ${payload.length} bytes need the length ${value}, and the greatest length is ${numbers.greatest}`
      : undefined
  }
  const refuses = (payload: Uint8Array, maxFrameBytes: number): string | undefined => {
    const isWhole = !stripsField && fixedStrip === 0
    const isWithoutField = stripsField || (offset === 0 && fixedStrip === numbers.fixedWidth)
    if (!isWhole && !isWithoutField) {
      return `the framing strips ${fixedStrip} bytes of a frame, which it does not know; with strip:0 whole frames can be sent`
    }
    return aboveLimit(payload, maxFrameBytes) ?? (isWhole ? wholeRefused(payload) : strippedRefused(payload))
  }
  // `encode` is also called for payloads that `refuses` refuses, for example when received payloads are encoded again
  // to save a log. Unknown bytes become 0.
  const encode = (payload: Uint8Array): Uint8Array => {
    if (!stripsField && fixedStrip <= offset) {
      const wire = new Uint8Array(fixedStrip + payload.length)
      wire.set(payload, fixedStrip)
      return wire
    }
    const value = Math.max(0, payload.length - adjust)
    const strip = stripsField ? numbers.widthOf(value) : fixedStrip
    const width = numbers.fixedWidth ?? strip - offset
    const wire = new Uint8Array(strip + payload.length)
    numbers.write(wire, offset, width, Math.max(0, wire.length - offset - width - adjust))
    wire.set(payload, strip)
    return wire
  }

  return owned({
    name: nameOf(options),
    delimited: true,
    decoder: (maxFrameBytes) => new SizedDecoder(frames, maxFrameBytes),
    encode,
    refuses,
    ...readersOf(frames, (wire, at, size) => wire.subarray(at + stripAt(wire, at), at + size)),
  })
}

const nameOf = ({ adjust = 0, field, offset = 0, strip }: LengthPrefixedOptions): string =>
  [
    `len:${field}${offset === 0 ? "" : `+${offset}`}`,
    ...(adjust === 0 ? [] : [`adjust:${adjust}`]),
    ...(strip === undefined ? [] : [`strip:${strip}`]),
  ].join(",")

const check = ({ adjust = 0, field, offset = 0, strip = 0 }: LengthPrefixedOptions): void => {
  if (!Object.hasOwn(lengthFields, field)) {
    throw new RangeError(`a length field is one of ${Object.keys(lengthFields).join(", ")}, and not ${String(field)}`)
  }
  checkNumber("offset", offset, 0, mostOffset)
  checkNumber("adjust", adjust, -mostAdjust, mostAdjust)
  checkNumber("strip", strip, 0, mostOffset)
}

const checkNumber = (name: string, value: number, least: number, most: number): void => {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${name} is a whole number from ${least} to ${most}, and not ${value}`)
}

/**
 * A frame begins with its length as a number of 1 to 5 bytes with 7 bits in each, lowest bits first, as in Protocol
 * Buffers. It is `lengthPrefixed({ field: "varint" })`, and its name is `len:varint`.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * assert.deepEqual(Framing.varint.encode(Uint8Array.of(7, 8)), Uint8Array.of(2, 7, 8))
 */
export const varint: TotalFraming = lengthPrefixed({ field: "varint" })
