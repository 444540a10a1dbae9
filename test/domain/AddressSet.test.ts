import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import ipaddr from "ipaddr.js"
import {
  AddressSet,
  AddressSetBuilder,
  atOnce,
  isInRange,
  parseAddressFile,
  parseAddressRanges,
  readAddressFile,
} from "../../src/domain/index.ts"
import { readIp } from "../../src/domain/ipAddress.ts"
import { formatIpWords, readIpWords, unmappedWords } from "../../src/domain/ipWords.ts"
import { runs } from "../support/properties.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const fileOf = (text: string) => parseAddressFile(utf8(text))

// Few different addresses, so that ranges often overlap, repeat and match.
const octet = FastCheck.constantFrom(0, 1, 10, 127, 128, 255)
const ipv4 = FastCheck.tuple(octet, octet, octet, octet).map((octets) => octets.join("."))
const group = FastCheck.constantFrom("0", "1", "ffff", "db8", "2001", "0DB8", "00")
const ipv6 = FastCheck.oneof(
  FastCheck.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
  FastCheck.tuple(FastCheck.array(group, { maxLength: 4 }), FastCheck.array(group, { maxLength: 3 })).map(
    ([before, behind]) => `${before.join(":")}::${behind.join(":")}`,
  ),
  ipv4.map((address) => `::ffff:${address}`),
  ipv4.map((address) => `::${address}`),
)
const address = FastCheck.oneof(ipv4, ipv6)
const range = FastCheck.oneof(
  address,
  FastCheck.tuple(ipv4, FastCheck.integer({ min: 0, max: 33 })).map(([host, bits]) => `${host}/${bits}`),
  FastCheck.tuple(ipv6, FastCheck.integer({ min: 0, max: 129 })).map(([host, bits]) => `${host}/${bits}`),
  FastCheck.tuple(ipv4, FastCheck.integer({ min: 0, max: 9 })).map(([host, bits]) => `${host}/0${bits}`),
)

describe("the words of an address", () => {
  const texts = FastCheck.oneof(
    address,
    FastCheck.string({ unit: FastCheck.constantFrom(..."0123456789abcfF:.%/ ") }),
    FastCheck.tuple(address, FastCheck.constantFrom(":", ".", "::", "0", "1:", "%1", "g")).map(([a, b]) => a + b),
  )

  it.prop(
    "are those of ipaddr.js, and undefined for text that it refuses",
    [texts],
    ([text]) => {
      const bytes = readIp(text)?.toByteArray()
      const words = readIpWords(text)
      expect(
        words && [...words].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]),
      ).toEqual(bytes)
    },
    runs(3000),
  )

  it.prop(
    "are written as ipaddr.js writes them",
    [address],
    ([text]) => {
      const words = readIpWords(text)
      const oracle = readIp(text)
      expect(words && readIpWords(formatIpWords(words))).toEqual(words)
      if (words === undefined || oracle === undefined) return
      const plain = ipaddr.process(oracle.toString())
      expect(formatIpWords(unmappedWords(words))).toBe(plain.toString())
    },
    runs(1000),
  )
})

describe("a set of address ranges", () => {
  it.prop(
    "finds the first range that contains an address, as it was written, or none",
    [FastCheck.array(range, { maxLength: 40 }), FastCheck.array(address, { minLength: 1, maxLength: 10 })],
    ([texts, hosts]) => {
      const ranges = texts.flatMap((text) => Either.getOrElse(parseAddressRanges(text), () => []))
      const set = AddressSet.from(ranges)
      const read = Either.getOrThrow(fileOf(ranges.map(({ text }) => text).join("\n")))
      expect([set.size, read.size]).toEqual([ranges.length, ranges.length])
      for (const host of hosts) {
        const expected = ranges.find((one) => isInRange(host, one))?.text
        expect([host, set.find(host), read.find(host)]).toEqual([host, expected, expected])
      }
    },
    runs(500),
  )

  it.prop(
    "reads the same ranges from a file as from a list, and refuses the same text",
    [FastCheck.array(range)],
    ([texts]) => {
      const list = Either.all(texts.map(parseAddressRanges))
      const file = fileOf(texts.join(" \n"))
      const lineOf = (text: string) => texts.indexOf(text) + 1
      expect(Either.match(file, { onLeft: ({ message }) => message, onRight: ({ size }) => size })).toEqual(
        Either.match(list, {
          onLeft: ({ input, message }) => message.replace(": ", `: line ${lineOf(input)}: `),
          onRight: () => texts.length,
        }),
      )
    },
    runs(500),
  )

  it("is read from a file with any separators and comments", () => {
    const file = "\uFEFF10.0.0.1,10.0.0.2\t10.0.0.3 # 10.0.0.4, é\r\n10.0.0.5#10.0.0.6\r10.0.0.7\n#\n\n10.0.0.8"
    const set = Either.getOrThrow(fileOf(file))
    const found = Array.from({ length: 9 }, (_, n) => `10.0.0.${n}`).filter((host) => set.find(host) !== undefined)
    expect(found).toEqual([1, 2, 3, 5, 7, 8].map((n) => `10.0.0.${n}`))
  })

  it("is read in slices that split neither a comment nor an address", () => {
    const comment = `# ${"10.9.9.9, ".repeat(5000)}\n`
    const addresses = Array.from({ length: 20_000 }, (_, n) => `10.${n >> 8}.${n & 255}.1`)
    const content = `${comment}${addresses.slice(0, 10_000).join(",")}\n${comment}${addresses.slice(10_000).join("\n")}`
    const builder = new AddressSetBuilder()
    let slices = 1
    const reading = readAddressFile(utf8(content), builder)
    while (reading.next().done !== true) slices++
    const set = atOnce(builder.build())
    expect(slices).toBeGreaterThan(20)
    expect([set.size, set.find("10.9.9.9")]).toEqual([20_000, undefined])
    for (const host of addresses) expect(set.find(host)).toBe(host)
    const wrong = fileOf(`${content}\nlab`)
    expect(Either.flip(wrong).pipe(Either.getOrThrow).problem).toBe('line 10004: "lab" is not an IP address')
  })

  it("names a range as it was written, even in an unusual form", () => {
    const texts = ["10.1.2.3/8", "192.0.2.0/024", "2001:DB8::/32", "::ffff:203.0.113.7", "fe80:0:0:0:0:0:0:1"]
    const set = Either.getOrThrow(fileOf(texts.join("\n")))
    const hosts = ["10.9.9.9", "192.0.2.9", "2001:db8::9", "203.0.113.7", "fe80::1%eth0"]
    expect(hosts.map((host) => set.find(host))).toEqual(texts)
    expect(["a.name", "", "10.0.0", "1.2.3.4.5"].map((host) => set.find(host))).toEqual(new Array(4).fill(undefined))
  })

  it("keeps 100 000 ranges in less than 4 MiB, and finds one in less than 50 µs", () => {
    const lines = Array.from({ length: 100_000 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    const content = utf8(lines.join("\n"))
    const before = process.memoryUsage().arrayBuffers
    const set = Either.getOrThrow(parseAddressFile(content))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 ** 2)
    expect([set.size, set.find("10.1.134.159"), set.find("10.1.134.160")]).toEqual([100_000, "10.1.134.159", undefined])
    const begun = process.cpuUsage()
    for (let n = 0; n < 10_000; n++) set.find(`10.${n & 1}.${n >> 8}.1`)
    const { system, user } = process.cpuUsage(begun)
    expect((system + user) / 10_000).toBeLessThan(50)
  })
})
