// Functions on the text of a host: a name, an IPv4 address or an IPv6 address. Only an IPv6 address has a colon. This file
// does not parse addresses, so the page can use it without the parser in ipAddress.ts.

/** Whether a host is an IPv6 address. */
export const isIpv6Text = (host: string): boolean => host.includes(":")

/** Writes a host for use before `:port` and in URLs: an IPv6 address gets brackets (RFC 3986, 3.2.2). */
export const bracketed = (host: string): string => (isIpv6Text(host) ? `[${host}]` : host)

/** Removes the zone of a link-local address, such as `%eth0` in `fe80::1%eth0` (RFC 4007, section 11). */
export const withoutZone = (host: string): string => {
  const at = host.indexOf("%")
  return at < 0 ? host : host.slice(0, at)
}

/**
 * Returns a host in the form that is shown and compared: without the IPv6 prefix of a mapped IPv4 address. On a
 * dual-stack listener, the kernel reports 192.0.2.7 as `::ffff:192.0.2.7`, which is the same host (RFC 4291, 2.5.5.2).
 */
export const plainHost = (host: string): string =>
  host.startsWith("::ffff:") && host.includes(".") ? host.slice("::ffff:".length) : host

const loopbacks: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

/**
 * Returns the loopback address that reaches a listener on a wildcard (`0.0.0.0`, `::`). Returns `undefined` for other
 * hosts.
 */
export const loopbackOf = (wildcard: string): string | undefined => loopbacks[wildcard]

/**
 * Whether `host` is a wildcard, and a listener on it accepts connections to `address`. `::` covers both families,
 * unless `ipv6Only` is set (IPV6_V6ONLY, ipv6(7)).
 */
export const coversAddress = (host: string, address: string, ipv6Only: boolean): boolean =>
  host === "::" ? !ipv6Only || isIpv6Text(address) : host === "0.0.0.0" && !isIpv6Text(address)
