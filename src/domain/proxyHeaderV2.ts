import * as Either from "effect/Either"
import { crc32c } from "./crc32c.ts"
import { type Endpoint, tcpEndpoint, unixEndpoint } from "./Endpoint.ts"
import { formatIp, readIp } from "./ipAddress.ts"
import { limits } from "./limits.ts"
import type { ProxyEnds, ProxyHeader } from "./ProxyHeader.ts"

const signature = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)

/** The size of the fixed head: signature, version and command, family and transport, and the length of the rest. */
export const proxyBlockHeadBytes = 16

const versionBits = 0x20
const commands = { local: 0, proxy: 1 } as const
const stream = 1
// The protocol reserves the size of Linux's `sun_path` (unix(7)) for each path.
const pathBytes = 108

interface Family {
  readonly code: number
  readonly name: string
  /** The number of bytes of one address, without its port. */
  readonly size: number
  readonly hasPorts: boolean
}
const ipv4: Family = { code: 1, name: "IPv4", size: 4, hasPorts: true }
const ipv6: Family = { code: 2, name: "IPv6", size: 16, hasPorts: true }
const unix: Family = { code: 3, name: "unix", size: pathBytes, hasPorts: false }
const unspecified: Family = { code: 0, name: "no", size: 0, hasPorts: false }
const families = [unspecified, ipv4, ipv6, unix]

const addressBytes = (family: Family): number => 2 * family.size + (family.hasPorts ? 4 : 0)

const lengthOf = (head: Uint8Array): number => ((head[14] as number) << 8) | (head[15] as number)
const isLocal = (head: Uint8Array): boolean => head[12] === (versionBits | commands.local)
const familyOf = (head: Uint8Array): Family => families[(head[13] as number) >> 4] ?? unspecified

/** Returns the length of the whole block, which its head contains. */
export const proxyBlockLength = (head: Uint8Array): number => proxyBlockHeadBytes + lengthOf(head)

/**
 * Describes what is wrong with the last byte of an incomplete head, or returns `undefined`. The caller has checked the
 * earlier bytes.
 */
export const problemOfHead = (head: Uint8Array, length: number): string | undefined => {
  const last = head[length - 1] as number
  if (length <= signature.length) {
    return last === signature[length - 1]
      ? undefined
      : `byte ${length} (0x${last.toString(16).padStart(2, "0")}) is invalid`
  }
  if (length === 13) {
    if ((last & 0xf0) !== versionBits) return `its version ${last >> 4} is unknown`
    return (last & 0x0f) <= commands.proxy ? undefined : `its command ${last & 0x0f} is unknown`
  }
  // A proxy's own connection (LOCAL) has no client, so a receiver ignores the family and the addresses.
  if (length === 14 && !isLocal(head)) {
    if (last >> 4 >= families.length) return `its address family ${last >> 4} is unknown`
    return (last & 0x0f) <= 2 ? undefined : `its transport ${last & 0x0f} is unknown`
  }
  if (length < proxyBlockHeadBytes) return undefined
  if (proxyBlockLength(head) > limits.proxyHeaderBytes) {
    return `oversized: it has ${proxyBlockLength(head)} bytes; the maximum is ${limits.proxyHeaderBytes}`
  }
  const family = familyOf(head)
  return isLocal(head) || lengthOf(head) >= addressBytes(family)
    ? undefined
    : `its ${lengthOf(head)} bytes are too few for ${family.name} addresses, which take ${addressBytes(family)}`
}

/** Reads a complete block. {@link problemOfHead} must have accepted its head. */
export const readProxyBlock = (block: Uint8Array): Either.Either<ProxyHeader, string> => {
  const local = isLocal(block)
  const family = local ? unspecified : familyOf(block)
  const problem = problemOfExtensions(block, proxyBlockHeadBytes + addressBytes(family), family !== unspecified)
  if (problem !== undefined) return Either.left(problem)
  const header = { version: 2, command: local ? "local" : "proxy" } as const
  // Addresses of another transport, such as UDP, are not endpoints of a TCP stream.
  const told = family !== unspecified && ((block[13] as number) & 0x0f) === stream
  return Either.right({
    ...header,
    source: told ? readEnd(block, family, 0) : undefined,
    destination: told ? readEnd(block, family, 1) : undefined,
  })
}

const readEnd = (block: Uint8Array, family: Family, index: 0 | 1): Endpoint => {
  const start = proxyBlockHeadBytes + index * family.size
  const address = block.subarray(start, start + family.size)
  if (family === unix) return unixEndpoint(readPath(address))
  const port = proxyBlockHeadBytes + 2 * family.size + 2 * index
  return tcpEndpoint(formatIp(address), ((block[port] as number) << 8) | (block[port + 1] as number))
}

// An abstract name begins with a zero byte. A path ends at the first zero byte (unix(7)).
const readPath = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0, 1)
  const path = new TextDecoder("utf-8", { ignoreBOM: true }).decode(end < 0 ? bytes : bytes.subarray(0, end))
  return path === "\0" ? "" : path
}

const checksumType = 3

/**
 * Describes what is wrong with the type-length-value vectors after the addresses, or returns `undefined`. Of the
 * vectors, only the checksum is evaluated. Without an address family, the start of the vectors is unknown, so the
 * caller sets `strict` to `false`, and malformed vectors are ignored.
 */
const problemOfExtensions = (block: Uint8Array, start: number, strict: boolean): string | undefined => {
  let checksumAt: number | undefined
  let at = start
  while (at + 3 <= block.length) {
    const length = ((block[at + 1] as number) << 8) | (block[at + 2] as number)
    if (block[at] === checksumType) {
      if (length !== 4 || checksumAt !== undefined) return strict ? "it must have one checksum of 4 bytes" : undefined
      checksumAt = at + 3
    }
    at += 3 + length
  }
  if (at !== block.length) return strict ? "its last extension is truncated" : undefined
  return checksumAt === undefined || hasChecksum(block, checksumAt) ? undefined : "its checksum is wrong"
}

const hasChecksum = (block: Uint8Array, at: number): boolean => {
  const cleared = block.slice()
  cleared.fill(0, at, at + 4)
  return crc32c(cleared) === new DataView(block.buffer, block.byteOffset).getUint32(at)
}

/** Encodes a block. Without `ends`, the block has no addresses. */
export const proxyBlock = (ends: ProxyEnds | undefined, command: ProxyHeader["command"]): Uint8Array => {
  const family = ends === undefined ? unspecified : ends._tag === "Unix" ? unix : ends.v6 ? ipv6 : ipv4
  const written = ends === undefined ? undefined : [addressOf(ends.source), addressOf(ends.destination)]
  const block = new Uint8Array(proxyBlockHeadBytes + addressBytes(family))
  block.set(signature)
  block[12] = versionBits | commands[command]
  block[13] = family === unspecified ? 0 : (family.code << 4) | stream
  block[15] = addressBytes(family)
  written?.forEach((address, index) => {
    block.set(address, proxyBlockHeadBytes + index * family.size)
  })
  if (ends?._tag === "Tcp") {
    const ports = new DataView(block.buffer, proxyBlockHeadBytes + 2 * family.size)
    ports.setUint16(0, ends.source.port)
    ports.setUint16(2, ends.destination.port)
  }
  return block
}

const addressOf = (end: Endpoint): Uint8Array =>
  end._tag === "Unix" ? new TextEncoder().encode(end.path) : Uint8Array.from(readIp(end.host)?.toByteArray() ?? [])
