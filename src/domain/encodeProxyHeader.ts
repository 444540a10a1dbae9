import { type Endpoint, maxUnixPathBytes, tcpEndpoint, type UnixEndpoint } from "./Endpoint.ts"
import { withoutZone } from "./hostText.ts"
import { formatIp, isIpv6, readIp, unmapped } from "./ipAddress.ts"
import type { ProxyEnds, ProxyVersion } from "./ProxyHeader.ts"
import { proxyBlock } from "./proxyHeaderV2.ts"

/**
 * Encodes the header for a connection from `source` to `destination`.
 *
 * The header omits zones. If each address is IPv4 or mapped IPv4, the header contains both as IPv4. If an endpoint is
 * missing, the header announces a connection of the proxy itself: `LOCAL`, or `UNKNOWN` in version 1. A header cannot
 * contain endpoints of two families, host names, or (in version 1) unix sockets. For such endpoints, the header is
 * `UNSPEC`, or `UNKNOWN` in version 1.
 *
 * @example
 * import { encodeProxyHeader, tcpEndpoint } from "tcpfx/domain"
 *
 * const header = encodeProxyHeader(1, tcpEndpoint("192.0.2.7", 56324), tcpEndpoint("192.0.2.1", 443))
 * assert.equal(new TextDecoder().decode(header), "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n")
 */
export const encodeProxyHeader = (
  version: ProxyVersion,
  source: Endpoint | undefined,
  destination: Endpoint | undefined,
): Uint8Array => {
  const isLocal = source === undefined || destination === undefined
  const ends = isLocal ? undefined : endsOf(source, destination)
  return version === 1 ? new TextEncoder().encode(proxyLine(ends)) : proxyBlock(ends, isLocal ? "local" : "proxy")
}

const proxyLine = (ends: ProxyEnds | undefined): string => {
  if (ends?._tag !== "Tcp") return "PROXY UNKNOWN\r\n"
  const { v6, source, destination } = ends
  return `PROXY ${v6 ? "TCP6" : "TCP4"} ${source.host} ${destination.host} ${source.port} ${destination.port}\r\n`
}

const endsOf = (source: Endpoint, destination: Endpoint): ProxyEnds | undefined => {
  if (source._tag === "Unix" && destination._tag === "Unix") {
    return isWritable(source) && isWritable(destination) ? { _tag: "Unix", source, destination } : undefined
  }
  if (source._tag === "Unix" || destination._tag === "Unix") return undefined
  const [from, to] = [readIp(withoutZone(source.host)), readIp(withoutZone(destination.host))]
  if (from === undefined || to === undefined) return undefined
  const v6 = isIpv6(unmapped(from)) || isIpv6(unmapped(to))
  // If the other address is IPv6, a mapped address stays mapped.
  if (v6 && !(isIpv6(from) && isIpv6(to))) return undefined
  const host = (address: typeof from) => formatIp(Uint8Array.from((v6 ? address : unmapped(address)).toByteArray()))
  return {
    _tag: "Tcp",
    v6,
    source: tcpEndpoint(host(from), source.port),
    destination: tcpEndpoint(host(to), destination.port),
  }
}

// A zero byte ends a path, except the zero that begins an abstract name (unix(7)).
const isWritable = ({ path }: UnixEndpoint): boolean =>
  path.indexOf("\0", 1) < 0 && new TextEncoder().encode(path).length <= maxUnixPathBytes
