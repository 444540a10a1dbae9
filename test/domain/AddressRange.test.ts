import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  AddressSet,
  isInRange,
  parseAddressFile,
  parseAddressRanges,
  refusalOf,
  tcpEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const ranges = (text: string) => Either.getOrThrow(parseAddressRanges(text))
const utf8 = (text: string) => new TextEncoder().encode(text)
const has = (text: string, host: string): boolean => ranges(text).some((range) => isInRange(host, range))
const problem = (text: string): string =>
  Either.match(parseAddressRanges(text), { onLeft: (error) => error.message, onRight: () => "" })

describe("address ranges", () => {
  const cases = [
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.1.2.3/8", "10.9.9.9", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "192.0.2.7", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["2001:db8::/32", "2001:0DB8:0:0::5", true],
    ["192.0.2.0/24", "::ffff:192.0.2.7", true],
    ["::ffff:192.0.2.0/120", "192.0.2.7", true],
    ["::ffff:192.0.2.0/120", "192.0.3.7", false],
    ["::ffff:192.0.2.7", "192.0.2.7", true],
    ["::ffff:0.0.0.0/96", "203.0.113.9", true],
    ["::ffff:0.0.0.0/96", "2001:db8::1", false],
    ["::192.0.2.7", "192.0.2.7", false],
    ["192.0.2.7", "::192.0.2.7", false],
    ["::192.0.2.7", "::c000:207", true],
    ["::/96", "::192.0.2.7", true],
    ["10.0.0.0/8, ::1 192.0.2.7", "::1", true],
    ["10.0.0.0/8", "lab.example", false],
    ["10.0.0.0/8", "", false],
  ] as const
  for (const [text, host, expected] of cases) {
    it(`${text} ${expected ? "contains" : "does not contain"} ${JSON.stringify(host)}`, () => {
      expect(has(text, host)).toBe(expected)
    })
  }

  const refused = [
    ["", /it is empty/],
    [" , ", /it is empty/],
    ["lab.example", /"lab.example" is not an IP address/],
    ["127.1", /"127.1" is not an IP address/],
    ["010.0.0.1x", /is not an IP address/],
    ["::ffff:010.0.0.1", /is not an IP address/],
    ["::ffff:0x7f.0.0.1", /is not an IP address/],
    ["fe80::1%eth0", /a range cannot have a zone; remove the % and what follows it/],
    ["10.0.0.0/33", /the prefix "33" is not a number from 0 to 32/],
    ["::/129", /from 0 to 128/],
    ["10.0.0.0/", /the prefix "" is not/],
    ["10.0.0.0/-1", /the prefix "-1" is not/],
    ["10.0.0.0/8/8", /the prefix "8\/8" is not/],
    ["::ffff:10.0.0.0/64", /prefix of mapped IPv4 addresses must be at least 96/],
    ["10.0.0.1,nobody", /"nobody" is not an IP address/],
  ] as const
  for (const [text, expected] of refused) {
    it(`${JSON.stringify(text)} is refused with a reason`, () => {
      expect(problem(text)).toMatch(expected)
      expect(problem(text)).toMatch(/expected addresses or ranges such as/)
    })
  }

  const byte = FastCheck.integer({ min: 0, max: 255 })
  const hostOf = (number: number) => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".")

  it.prop(
    "contain every address with the prefix, and no address next to them",
    [
      FastCheck.tuple(byte, byte, byte, byte),
      FastCheck.integer({ min: 0, max: 32 }),
      FastCheck.integer({ min: 0, max: 2 ** 32 - 1 }),
    ],
    ([bytes, bits, noise]) => {
      const range = `${bytes.join(".")}/${bits}`
      const number = bytes.reduce((sum, value) => sum * 256 + value, 0)
      const size = 2 ** (32 - bits)
      const first = Math.floor(number / size) * size
      expect(has(range, hostOf(first + (noise % size)))).toBe(true)
      if (bits > 0) expect(has(range, hostOf((first + size) % 2 ** 32))).toBe(false)
    },
    runs(500),
  )

  it.prop(
    "are read or refused for any text, and a look-up never throws",
    [FastCheck.string({ unit: "binary" }), FastCheck.string({ unit: "binary" })],
    ([text, host]) => {
      const parsed = parseAddressRanges(text)
      if (Either.isRight(parsed)) expect(parsed.right.map((range) => isInRange(host, range))).not.toContain(undefined)
      else expect(parsed.left.kind).toBe("an address range")
    },
    runs(500),
  )
})

describe("a file of address ranges", () => {
  it("has any number of ranges on a line, comments and empty lines", () => {
    const content = "# the lab\r\n10.0.0.0/8, ::1  # both\n\n\t192.0.2.7\n"
    const set = Either.getOrThrow(parseAddressFile(utf8(content)))
    expect([set.size, set.find("10.1.1.1"), set.find("::1"), set.find("192.0.2.7")]).toEqual([
      3,
      "10.0.0.0/8",
      "::1",
      "192.0.2.7",
    ])
    expect(Either.getOrThrow(parseAddressFile(utf8("# nobody\n"))).size).toBe(0)
  })

  it("names the line of an error", () => {
    const message = Either.match(parseAddressFile(utf8("10.0.0.1\n\nlab\n")), {
      onLeft: (error) => error.message,
      onRight: () => "",
    })
    expect(message).toMatch(/line 3: "lab" is not an IP address/)
  })
})

describe("access rules", () => {
  const rule = (allow: string, deny: string, host: string) =>
    refusalOf(
      {
        allow: AddressSet.from(allow === "" ? [] : ranges(allow)),
        deny: AddressSet.from(deny === "" ? [] : ranges(deny)),
      },
      tcpEndpoint(host, 5000),
    )

  it("accept only allowed addresses, whatever the deny list", () => {
    expect(rule("10.0.0.0/8", "", "10.1.1.1")).toBe(undefined)
    expect(rule("10.0.0.0/8", "", "192.0.2.7")).toEqual({ _tag: "NotAllowed" })
    expect(rule("10.0.0.0/8", "10.1.0.0/16", "10.1.1.1")).toBe(undefined)
    expect(rule("10.0.0.0/8", "10.1.0.0/16", "192.0.2.7")).toEqual({ _tag: "NotAllowed" })
  })

  it("accept all but denied addresses without an allow list, and name the range that denies", () => {
    expect(rule("", "", "192.0.2.7")).toBe(undefined)
    expect(rule("", "10.0.0.0/8,192.0.2.0/24", "203.0.113.1")).toBe(undefined)
    expect(rule("", "10.0.0.0/8,192.0.2.0/24", "192.0.2.7")).toEqual({ _tag: "Denied", range: "192.0.2.0/24" })
  })

  it("treat an endpoint without an address as outside every range", () => {
    const ofSocket = (allow: string, deny: string) =>
      refusalOf({ allow: AddressSet.from(ranges(allow)), deny: AddressSet.from(ranges(deny)) }, unixEndpoint(""))
    expect(ofSocket("0.0.0.0/0", "::1")).toEqual({ _tag: "NotAllowed" })
    const denyAlone = { allow: AddressSet.from([]), deny: AddressSet.from(ranges("0.0.0.0/0")) }
    expect(refusalOf(denyAlone, unixEndpoint(""))).toBe(undefined)
  })
})
