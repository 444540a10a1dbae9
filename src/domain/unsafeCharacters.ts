/**
 * The characters that change how a terminal, a pager or a line reader treats the text around them: controls (Cc),
 * format characters (Cf: bidirectional controls, zero width characters, tags), and the line and paragraph separators
 * (Zl, Zp). The list has the first and the last character of each range, in ascending order.
 *
 * The list has no lone surrogates: `JSON.stringify` escapes them, and a UTF-8 encoder replaces them by U+FFFD.
 *
 * The list follows Unicode 17. It is written out so that every version of Node produces the same output. It includes
 * 2065, FFF0 to FFF8 and E0000 to E007F, which Unicode reserves for such characters.
 */
// biome-ignore format: one range a column pair
const ranges = [
  0x00, 0x1f, 0x7f, 0x9f, 0xad, 0xad, 0x600, 0x605, 0x61c, 0x61c, 0x6dd, 0x6dd, 0x70f, 0x70f, 0x890, 0x891,
  0x8e2, 0x8e2, 0x180e, 0x180e, 0x200b, 0x200f, 0x2028, 0x202e, 0x2060, 0x206f, 0xfeff, 0xfeff,
  0xfff0, 0xfffb, 0x110bd, 0x110bd, 0x110cd, 0x110cd, 0x13430, 0x1343f, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a,
  0xe0000, 0xe007f,
]

const bounds = Uint32Array.from(ranges)

/** Whether a character must be escaped for a terminal, a pager or a line reader. */
export const isUnsafe = (codePoint: number): boolean => {
  let low = 0
  let high = bounds.length / 2 - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (codePoint < (bounds[2 * middle] as number)) high = middle - 1
    else if (codePoint > (bounds[2 * middle + 1] as number)) low = middle + 1
    else return true
  }
  return false
}

const written = (codePoint: number | undefined): string => `\\u{${(codePoint ?? 0).toString(16)}}`

/** Matches each unsafe character in a text. */
export const unsafeCharacters = new RegExp(
  `[${Array.from({ length: ranges.length / 2 }, (_, range) => `${written(ranges[2 * range])}-${written(ranges[2 * range + 1])}`).join("")}]`,
  "gu",
)
