import ipaddr from "ipaddr.js"
import { withoutZone } from "./hostText.ts"

// The longest form has six groups of four digits and an IPv4 address.
const longestText = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length

/**
 * Reads an IP address without a zone. Returns `undefined` for other forms of IPv4 (127.1, 0177.0.0.1), because programs
 * interpret these forms differently.
 */
export const readIp = (text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined => {
  if (text.length > longestText) return undefined
  if (!text.includes(":")) return readIpv4(text)
  const tail = text.lastIndexOf(":") + 1
  if (!text.includes(".")) return readGroups(text)
  // ipaddr.js accepts octal numbers in the IPv4 part. It also reads `::192.0.2.1` as a mapped address, but this is an
  // IPv4-compatible address (RFC 4291, 2.5.5.1).
  const dotted = readIpv4(text.slice(tail))
  if (dotted === undefined) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = dotted.octets
  return readGroups(`${text.slice(0, tail)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`)
}

const readIpv4 = (text: string): ipaddr.IPv4 | undefined =>
  ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : undefined

const readGroups = (text: string): ipaddr.IPv6 | undefined =>
  !text.includes("%") && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined

const dot = 0x2e
const zero = 0x30

/**
 * Reads the IPv4 address in the first `end` characters of a text as a number from 0 to 2^32 - 1, or returns
 * `undefined`. It accepts the same texts as {@link readIp} and is many times faster.
 */
export const readIpv4Number = (text: string, end: number): number | undefined => {
  let address = 0
  let octet = 0
  let digits = 0
  let dots = 0
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === dot) {
      if (digits === 0 || ++dots > 3) return undefined
      address = address * 256 + octet
      octet = 0
      digits = 0
    } else {
      // A number with a leading zero is refused, because some programs read it as octal.
      if (code < zero || code > zero + 9 || (digits > 0 && octet === 0)) return undefined
      octet = octet * 10 + code - zero
      if (octet > 255) return undefined
      digits++
    }
  }
  return digits > 0 && dots === 3 ? address * 256 + octet : undefined
}

/** Returns the 4 or 16 bytes of an address, ignoring its zone. Returns `undefined` for a name. */
export const readIpBytes = (host: string): Uint8Array | undefined => {
  const address = readIp(withoutZone(host))
  return address && Uint8Array.from(address.toByteArray())
}

/** Whether a host is an IP address, with or without a zone, and not a name. */
export const isIpAddress = (host: string): boolean => readIp(withoutZone(host)) !== undefined

/**
 * Whether a host is a link-local IPv6 address (fe80::/10, RFC 4291). The same address can belong to a different host on
 * each interface.
 */
export const isLinkLocal = (host: string): boolean => {
  const [first = 0, second = 0, ...rest] = readIpBytes(host) ?? []
  return rest.length === 14 && first === 0xfe && (second & 0xc0) === 0x80
}

/** The advice for a link-local address without a zone. */
export const zoneAdvice = "a link-local address needs its interface, as in fe80::1%eth0"

/** Whether a host is a link-local address without a zone. The kernel refuses such an address with EINVAL. */
export const lacksZone = (host: string): boolean => !host.includes("%") && isLinkLocal(host)

/** Whether an address is an IPv6 address. */
export const isIpv6 = (address: ipaddr.IPv4 | ipaddr.IPv6): address is ipaddr.IPv6 => address.kind() === "ipv6"

/**
 * Returns the IPv4 address of a mapped address, else the address itself. Both are the same host (RFC 4291, 2.5.5.2).
 */
export const unmapped = (address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 =>
  isIpv6(address) && address.isIPv4MappedAddress() ? address.toIPv4Address() : address

/** Formats the 4 or 16 bytes of an address in the same way as the kernel formats socket addresses (RFC 5952). */
export const formatIp = (bytes: Uint8Array): string => {
  const address = ipaddr.fromByteArray([...bytes])
  return isIpv6(address) && address.isIPv4MappedAddress()
    ? `::ffff:${address.toIPv4Address().toString()}`
    : address.toString()
}
