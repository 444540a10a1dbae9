import * as FastCheck from "effect/FastCheck"
import { crc32c } from "../../src/domain/crc32c.ts"
import { maxUnixPathBytes, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { formatIp } from "../../src/domain/ipAddress.ts"
import { joinBytes } from "./properties.ts"

export const hexBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"))

const port = FastCheck.integer({ min: 0, max: 65535 })
const addressOf = (length: number) =>
  FastCheck.uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => formatIp(bytes))
    .filter((host) => !host.startsWith("::ffff:"))
// IPv6 addresses with long and short runs of zeros.
const ipv6 = FastCheck.array(FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
})
  .map((groups) => formatIp(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))))
  .filter((host) => !host.startsWith("::ffff:"))
const tcp = (host: FastCheck.Arbitrary<string>) =>
  FastCheck.tuple(host, port).map(([address, number]) => tcpEndpoint(address, number))
const unix = FastCheck.oneof(
  FastCheck.constant(unixEndpoint("")),
  FastCheck.string({ minLength: 1, maxLength: 20, unit: "grapheme" })
    .filter((path) => !path.includes("\0") && new TextEncoder().encode(path).length <= maxUnixPathBytes)
    .map((path) => unixEndpoint(path)),
  FastCheck.stringMatching(/^[a-z]{1,100}$/).map((name) => unixEndpoint(`\0${name}`)),
)
const both = <A>(end: FastCheck.Arbitrary<A>) => FastCheck.record({ source: end, destination: end })

/** Two endpoints for a header, as the system writes them. */
export const anyProxyEndpoints = FastCheck.oneof(both(tcp(addressOf(4))), both(tcp(ipv6)), both(unix))

/** A header of version 2, from its 13th byte on. `length` replaces the right length by a wrong one. */
export const block = (versionCommand: number, family: number, body: Uint8Array, length = body.length): Uint8Array =>
  joinBytes([
    hexBytes("0d0a0d0a000d0a515549540a"),
    Uint8Array.of(versionCommand, family, length >> 8, length & 0xff),
    body,
  ])

/** One type-length-value vector. */
export const extension = (type: number, value: Uint8Array, length = value.length): Uint8Array =>
  joinBytes([Uint8Array.of(type, length >> 8, length & 0xff), value])

/** Fills in the checksum of a block. The last extension of the block must be a checksum of zeros. */
export const withChecksum = (bytes: Uint8Array): Uint8Array => {
  const sealed = bytes.slice()
  new DataView(sealed.buffer).setUint32(sealed.length - 4, crc32c(bytes))
  return sealed
}
