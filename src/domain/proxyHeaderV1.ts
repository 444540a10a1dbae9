import * as Either from "effect/Either"
import { type TcpEndpoint, tcpEndpoint } from "./Endpoint.ts"
import { formatIp, isIpv6, readIp } from "./ipAddress.ts"
import type { ProxyHeader } from "./ProxyHeader.ts"

/** The maximum length of a header of version 1, including CR LF, bytes. */
export const maxProxyLineBytes = 107

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

const openings = ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"].map(ascii)
const [tcp4, tcp6, unknown] = openings as [Uint8Array, Uint8Array, Uint8Array]

const carriageReturn = 0x0d
const newline = 0x0a
const space = 0x20
const digits = new Set(ascii("0123456789. "))
const hexDigits = new Set(ascii("0123456789abcdefABCDEF:. "))

const starts = (held: Uint8Array, length: number, opening: Uint8Array): boolean => {
  for (let at = Math.min(length, opening.length) - 1; at >= 0; at--) if (held[at] !== opening[at]) return false
  return true
}

/**
 * Describes what is wrong with the last byte of an incomplete line, or returns `undefined`. The caller has checked the
 * earlier bytes.
 */
export const problemOfLine = (held: Uint8Array, length: number): string | undefined => {
  const last = held[length - 1] as number
  const kind = openings.find((opening) => starts(held, length, opening))
  if (kind === undefined) return misplaced(length, last)
  if (length <= kind.length) return undefined
  if (held[length - 2] === carriageReturn && last !== newline) return "its CR is not followed by LF"
  if (last === newline) return held[length - 2] === carriageReturn ? undefined : "its LF does not follow a CR"
  if (length === maxProxyLineBytes) return `oversized: its line has not ended after ${maxProxyLineBytes} bytes`
  if (last === carriageReturn) return undefined
  const fits =
    kind === unknown
      ? // The protocol says that a receiver ignores the rest of the line.
        length > unknown.length + 1 || last === space
      : (kind === tcp4 ? digits : hexDigits).has(last)
  return fits ? undefined : misplaced(length, last)
}

const misplaced = (length: number, byte: number): string =>
  `byte ${length} (0x${byte.toString(16).padStart(2, "0")}) is invalid`

/** Reads a complete line. {@link problemOfLine} must have accepted each of its bytes. */
export const readProxyLine = (line: Uint8Array): Either.Either<ProxyHeader, string> => {
  const header = { version: 1, command: "proxy" } as const
  if (starts(line, line.length, unknown)) return Either.right({ ...header, source: undefined, destination: undefined })
  const v6 = starts(line, line.length, tcp6)
  const fields = new TextDecoder().decode(line.subarray(tcp4.length, line.length - 2)).split(" ")
  const [source, destination, sourcePort, destinationPort, ...more] = fields
  if (source === undefined || destination === undefined || sourcePort === undefined || destinationPort === undefined) {
    return Either.left("it has fewer than two addresses and two ports")
  }
  if (more.length > 0) return Either.left("it has more than two addresses and two ports")
  return Either.map(
    Either.all([readEnd(source, sourcePort, v6), readEnd(destination, destinationPort, v6)]),
    ([from, to]) => ({ ...header, source: from, destination: to }),
  )
}

const readEnd = (host: string, port: string, v6: boolean): Either.Either<TcpEndpoint, string> => {
  const address = readIp(host)
  if (address === undefined || isIpv6(address) !== v6) {
    return Either.left(`${JSON.stringify(host)} is not an ${v6 ? "IPv6" : "IPv4"} address`)
  }
  if (!/^(?:0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65535) {
    return Either.left(`${JSON.stringify(port)} is not a port`)
  }
  return Either.right(tcpEndpoint(formatIp(Uint8Array.from(address.toByteArray())), Number(port)))
}
