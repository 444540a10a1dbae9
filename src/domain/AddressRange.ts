import * as Either from "effect/Either"
import type ipaddr from "ipaddr.js"
import { withoutZone } from "./hostText.ts"
import { isIpv6, readIp, unmapped } from "./ipAddress.ts"
import { quoted, ValueSyntaxError } from "./syntaxErrors.ts"

/** Addresses of one family that share their first `bits` bits (CIDR, RFC 4632). */
export interface AddressRange {
  /** The range as it was written. Events name the range by this text. */
  readonly text: string
  readonly bits: number
  readonly network: ipaddr.IPv4 | ipaddr.IPv6
}

const expected = "addresses or ranges such as 10.0.0.0/8, 192.0.2.7 or fd00::/8, with commas between them"

const bad = (input: string, problem: string) =>
  Either.left(new ValueSyntaxError({ input, kind: "an address range", problem, expected }))

/** Reads one address or range. */
export const parseAddressRange = (text: string): Either.Either<AddressRange, ValueSyntaxError> => {
  const slash = text.indexOf("/")
  const written = slash < 0 ? text : text.slice(0, slash)
  if (written.includes("%")) return bad(text, "a range cannot have a zone; remove the % and what follows it")
  const address = readIp(written)
  if (address === undefined) return bad(text, `${quoted(written)} is not an IP address`)
  const most = isIpv6(address) ? 128 : 32
  const prefix = slash < 0 ? String(most) : text.slice(slash + 1)
  const bits = Number(prefix)
  if (!/^[0-9]{1,3}$/.test(prefix) || bits > most) {
    return bad(text, `the prefix ${quoted(prefix)} is not a number from 0 to ${most}`)
  }
  if (!isIpv6(address) || !address.isIPv4MappedAddress()) return Either.right({ text, bits, network: address })
  // An IPv4 client of a dual-stack listener has a mapped address. A mapped address and its IPv4 address are the same
  // host (RFC 4291, 2.5.5.2).
  return bits < 96
    ? bad(text, "the prefix of mapped IPv4 addresses must be at least 96")
    : Either.right({ text, bits: bits - 96, network: address.toIPv4Address() })
}

/**
 * Reads addresses and ranges that are separated by commas or white space. A single address is a range of one address.
 *
 * @example
 * import { Either } from "effect"
 * import { isInRange, parseAddressRanges } from "tcpfx/domain"
 *
 * const ranges = Either.getOrThrow(parseAddressRanges("10.0.0.0/8, ::1"))
 * assert.equal(ranges.some((range) => isInRange("10.1.2.3", range)), true)
 * assert.equal(ranges.some((range) => isInRange("192.0.2.7", range)), false)
 */
export const parseAddressRanges = (input: string): Either.Either<ReadonlyArray<AddressRange>, ValueSyntaxError> => {
  const texts = input.split(/[\s,]+/).filter((text) => text !== "")
  return texts.length === 0 ? bad(input, "it is empty") : Either.all(texts.map(parseAddressRange))
}

/** Whether a range contains an IP address. A mapped IPv4 address counts as IPv4. A zone (`%eth0`) is ignored. */
export const isInRange = (host: string, range: AddressRange): boolean => {
  const address = readIp(withoutZone(host))
  if (address === undefined) return false
  const plain = unmapped(address)
  return plain.kind() === range.network.kind() && plain.match(range.network, range.bits)
}
