import { readIpv4Number } from "./ipAddress.ts"

/**
 * An address as 32-bit words, the most significant word first: one word for IPv4, four words for IPv6. Look-ups use
 * this form, because `ipaddr.js` is many times slower.
 */
export type IpWords = Uint32Array

const colon = 0x3a
const groups = 8

/** Returns the value of a hexadecimal digit, or -1 for any other character. */
const digitOf = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

// One shared array is safe: reading is synchronous and copies the result before it returns.
const found = new Uint16Array(groups)

/** Reads an IPv6 address without a zone (RFC 4291, 2.2). The last two groups may be written as an IPv4 address. */
const readIpv6 = (text: string): IpWords | undefined => {
  let count = 0
  let gap = -1
  let at = 0
  if (text.startsWith("::")) {
    gap = 0
    at = 2
  }
  while (at < text.length) {
    if (count === groups) return undefined
    let value = 0
    const start = at
    for (let digit = 0; at < text.length; at++) {
      digit = digitOf(text.charCodeAt(at))
      if (digit < 0) break
      value = value * 16 + digit
    }
    if (text.charAt(at) === ".") {
      const tail = text.slice(start)
      const v4 = count <= groups - 2 ? readIpv4Number(tail, tail.length) : undefined
      if (v4 === undefined) return undefined
      found[count++] = v4 >>> 16
      found[count++] = v4
      break
    }
    if (at === start || at - start > 4) return undefined
    found[count++] = value
    if (at === text.length) break
    if (text.charCodeAt(at++) !== colon) return undefined
    if (text.charCodeAt(at) === colon) {
      if (gap >= 0) return undefined
      gap = count
      at++
    } else if (at === text.length) {
      return undefined
    }
  }
  // "::" replaces at least one group of zeros.
  if (gap < 0 ? count !== groups : count === groups) return undefined
  const words = new Uint32Array(groups / 2)
  for (let index = 0; index < count; index++) {
    const group = gap >= 0 && index >= gap ? index + groups - count : index
    words[group >> 1] = (words[group >> 1] as number) | ((found[index] as number) << (group % 2 === 0 ? 16 : 0))
  }
  return words
}

/** Reads an IP address without a zone. Returns `undefined` for any other text. */
export const readIpWords = (text: string): IpWords | undefined => {
  if (text.includes(":")) return readIpv6(text)
  const v4 = readIpv4Number(text, text.length)
  return v4 === undefined ? undefined : Uint32Array.of(v4)
}

/**
 * Returns the IPv4 address of a mapped address, else the address itself. Both are the same host (RFC 4291, 2.5.5.2).
 */
export const unmappedWords = (words: IpWords): IpWords =>
  words.length === 4 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? words.subarray(3) : words

/** Formats an address in its canonical form (RFC 5952). */
export const formatIpWords = (words: IpWords): string => {
  if (words.length === 1) {
    const word = words[0] as number
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
  }
  const parts = Array.from({ length: groups }, (_, group) =>
    (((words[group >> 1] as number) >>> (group % 2 === 0 ? 16 : 0)) & 0xffff).toString(16),
  )
  const { from, length } = longestZeros(parts)
  if (length < 2) return parts.join(":")
  return `${parts.slice(0, from).join(":")}::${parts.slice(from + length).join(":")}`
}

const longestZeros = (parts: ReadonlyArray<string>): { readonly from: number; readonly length: number } => {
  let longest = { from: 0, length: 0 }
  for (let from = 0; from < parts.length; from++) {
    let end = from
    while (parts[end] === "0") end++
    if (end - from > longest.length) longest = { from, length: end - from }
    from = end
  }
  return longest
}
