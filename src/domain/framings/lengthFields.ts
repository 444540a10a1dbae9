/** The encoding of a length as bytes. Offsets and widths are in bytes. */
interface NumberForm {
  /** The width, if all numbers have the same width. */
  readonly fixedWidth: number | undefined
  /** The greatest width. */
  readonly most: number
  readonly greatest: number
  /**
   * Returns the width of the number at `at`. Returns 0 if the last byte of the number is not before `end`, and -1 if
   * the number is too wide.
   */
  readonly widthAt: (bytes: Uint8Array, at: number, end: number) => number
  readonly read: (bytes: Uint8Array, at: number, width: number) => number
  readonly widthOf: (value: number) => number
  readonly write: (bytes: Uint8Array, at: number, width: number, value: number) => void
}

/** A number with a fixed width. `shiftOf` returns by how many bits the value is shifted for the byte `index`. */
const fixedNumber = (
  width: number,
  read: (bytes: Uint8Array, at: number) => number,
  shiftOf: (index: number) => number,
): NumberForm => ({
  fixedWidth: width,
  most: width,
  greatest: 2 ** (8 * width) - 1,
  widthAt: (_, at, end) => (at + width <= end ? width : 0),
  read,
  widthOf: () => width,
  write: (bytes, at, _, value) => {
    for (let index = 0; index < width; index++) bytes[at + index] = (value >>> shiftOf(index)) & 0xff
  },
})

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] as number

const mostVarintBytes = 5

const varint: NumberForm = {
  fixedWidth: undefined,
  most: mostVarintBytes,
  greatest: 2 ** 32 - 1,
  widthAt: (bytes, at, end) => {
    const stop = Math.min(end, at + mostVarintBytes)
    for (let offset = at; offset < stop; offset++) if (byteAt(bytes, offset) < 0x80) return offset - at + 1
    return stop < at + mostVarintBytes ? 0 : -1
  },
  read: (bytes, at, width) => {
    let value = 0
    for (let index = width - 1; index >= 0; index--) value = value * 128 + (byteAt(bytes, at + index) & 0x7f)
    return value
  },
  widthOf: (value) => {
    let width = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) width++
    return width
  },
  write: (bytes, at, width, value) => {
    let rest = value
    for (let index = 0; index < width; index++) {
      bytes[at + index] = (rest % 128) | (index < width - 1 ? 0x80 : 0)
      rest = Math.floor(rest / 128)
    }
  },
}

/** The kinds of length fields. */
export const lengthFields = {
  u8: fixedNumber(1, byteAt, () => 0),
  u16be: fixedNumber(
    2,
    (bytes, at) => (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1),
    (index) => 8 - 8 * index,
  ),
  u16le: fixedNumber(
    2,
    (bytes, at) => byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8),
    (index) => 8 * index,
  ),
  u32be: fixedNumber(
    4,
    (bytes, at) =>
      ((byteAt(bytes, at) << 24) |
        (byteAt(bytes, at + 1) << 16) |
        (byteAt(bytes, at + 2) << 8) |
        byteAt(bytes, at + 3)) >>>
      0,
    (index) => 24 - 8 * index,
  ),
  u32le: fixedNumber(
    4,
    (bytes, at) =>
      (byteAt(bytes, at) |
        (byteAt(bytes, at + 1) << 8) |
        (byteAt(bytes, at + 2) << 16) |
        (byteAt(bytes, at + 3) << 24)) >>>
      0,
    (index) => 8 * index,
  ),
  varint,
} satisfies Record<string, NumberForm>
export type LengthField = keyof typeof lengthFields
