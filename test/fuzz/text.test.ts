import { describe, expect } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import {
  AddressSet,
  endpointDefaults,
  escapeControls,
  formatBytes,
  formatEndpoint,
  formatMillis,
  isInRange,
  isLoopback,
  parseAddressFile,
  parseAddressRanges,
  parseCount,
  parseDeadline,
  parseDuration,
  parseEndpoint,
  parseEscapes,
  parseHostAndPort,
  parseSize,
  refusalOf,
  TextView,
} from "../../src/domain/index.ts"
import { fuzz } from "../support/fuzz.ts"
import { mutatedBytes, mutatedText } from "../support/mutations.ts"
import { cutAt } from "../support/properties.ts"
import type { Chance } from "../support/stressSeeds.ts"

// Characters that a terminal interprets, and characters that reorder the text around them.
const unsafe = /\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\ufeff]/u

const from = (samples: ReadonlyArray<string>, tokens: ReadonlyArray<string>) => (chance: Chance) =>
  mutatedText(chance, chance.oneOf(samples) ?? "", tokens)

/** The value read. A refusal must have a message of one readable line. */
const rightOf = <A>(parsed: Either.Either<A, { readonly message: string }>): A | undefined => {
  if (Either.isRight(parsed)) return parsed.right
  expect(escapeControls(parsed.left.message)).toMatch(/ is not .*: .+; expected /)
  expect(escapeControls(parsed.left.message)).not.toMatch(unsafe)
  return undefined
}

const addresses = [
  ...["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "::ffff:192.0.2.7", "::ffff:10.0.0.0/104", "fe80::1%eth0"],
  ...["2001:0db8:0000:0000:0000:ff00:0042:8329", "1:2:3:4:5:6:192.0.2.1"],
]
const addressTokens = [
  ...[
    "::",
    ":",
    ".",
    "/",
    "%eth0",
    "0x7f",
    "0177",
    "4294967295",
    "255",
    "256",
    "/128",
    "/32",
    "/0",
    "1e3",
    "ffff",
    ",",
  ],
  ...[" ", "#", "\n", "\r\n"],
]

describe("texts", () => {
  fuzz("an endpoint is parsed or refused, and a parsed endpoint survives formatting", {
    cases: 4000,
    input: from(
      [
        "host:80",
        ":80",
        "80",
        "[::1]:80",
        "[::1]",
        "::1",
        "fe80::1%eth0",
        "unix:/run/x.sock",
        "a.b-c_d:1",
        ...addresses,
      ],
      ["[", "]", "unix:", "65535", "65536", "00080", "\0", ...addressTokens],
    ),
    check: (input, chance) => {
      const endpoint = rightOf(parseEndpoint(input))
      if (endpoint === undefined) return
      isLoopback(endpoint)
      expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(Either.right(endpoint))
      const apart = rightOf(parseHostAndPort(input, String(chance.below(70_000))))
      if (apart !== undefined) expect(parseEndpoint(formatEndpoint(apart))).toEqual(Either.right(apart))
    },
  })

  fuzz("address ranges are parsed or refused, and a parsed range contains its addresses", {
    cases: 4000,
    input: from([...addresses, addresses.slice(0, 3).join(", "), addresses.slice(3, 6).join(" ")], addressTokens),
    check: (input, chance) => {
      const ranges = rightOf(parseAddressRanges(input)) ?? []
      for (const range of ranges) {
        expect(input).toContain(range.text)
        expect(isInRange(range.text.replace(/\/.*/, ""), range)).toBe(true)
        expect(range.bits).toBeLessThanOrEqual(range.network.kind() === "ipv4" ? 32 : 128)
      }
      const host = mutatedText(chance, chance.oneOf(addresses) ?? "", addressTokens)
      const set = AddressSet.from(ranges)
      refusalOf({ allow: set, deny: set }, { _tag: "Tcp", host, port: 1 })
      expect(set.find(host)).toBe(ranges.find((range) => isInRange(host, range))?.text)
    },
  })

  fuzz("a file of addresses is parsed, or the error names its wrong line", {
    cases: 2000,
    input: from(["# the lab\n10.0.0.0/8, ::1 # both\n\n192.0.2.7\r\n", "::/0\n"], ["# ", "\n", ...addressTokens]),
    check: (input) => {
      const parsed = parseAddressFile(new TextEncoder().encode(input))
      rightOf(parsed)
      if (Either.isRight(parsed)) return
      const line = Number(/line ([0-9]+): /.exec(parsed.left.problem)?.[1])
      expect(line).toBeLessThanOrEqual(input.split("\n").length)
    },
  })

  fuzz("durations, sizes and counts are parsed within their bounds, or refused", {
    cases: 4000,
    input: from(
      ["5", "1.5s", "250ms", "2 m", "24h", "1MiB", "1.5 GiB", "512", "64k", "1000000", "0.4ms"],
      ["9007199254740993", "0.0000001", "e308", "Infinity", "NaN", "0x10", "-", "+", ".", " ", "ms", "GiB", "KB", "_"],
    ),
    check: (input) => {
      const duration = rightOf(parseDuration(input))
      if (duration !== undefined) {
        const millis = Duration.toMillis(duration)
        expect(millis >= 0 && millis <= 0x7fffffff).toBe(true)
        expect(formatMillis(millis)).toMatch(/^[0-9.]+ (ms|s|m|h)/)
      }
      const deadline = rightOf(parseDeadline(input))
      if (deadline !== undefined) expect(Duration.toMillis(deadline)).toBeGreaterThanOrEqual(1)
      for (const count of [rightOf(parseSize(input)), rightOf(parseCount(input))]) {
        if (count === undefined) continue
        expect(Number.isSafeInteger(count) && count >= 1).toBe(true)
        expect(formatBytes(count)).toMatch(/^[0-9.]+ (B|KiB|MiB|GiB)$/)
      }
    },
  })

  fuzz("escapes are parsed or refused", {
    cases: 4000,
    input: from(
      ["Hello, server!\\r\\n", "\\x00\\xff", "\\u{20ac}\\u{1f600}", "a\\\\b\\t"],
      [
        "\\",
        "\\x",
        "\\xg0",
        "\\u{",
        "\\u{110000}",
        "\\u{d800}",
        "\\u{0000020ac}",
        "}",
        "\\u{}",
        "\\0",
        "\\q",
        "\ud83d",
      ],
    ),
    check: (input) => {
      const bytes = rightOf(parseEscapes(input))
      if (bytes !== undefined) expect(bytes.length).toBeLessThanOrEqual(3 * input.length)
    },
  })

  fuzz("any text is shown without control characters, and the shown text parses to the original", {
    cases: 4000,
    input: from(["plain", "a\u001b[2Jb\n", "\u202eevil\u2066", "C:\\n\\x41"], ["\\u{41}", "\u001b]0;", "\r\n", "😀"]),
    check: (input) => {
      const shown = escapeControls(input.replaceAll("\\", "\\\\"))
      expect(shown).not.toMatch(unsafe)
      expect(parseEscapes(shown)).toEqual(Either.right(new TextEncoder().encode(input)))
    },
  })

  const utf8 = (text: string) => new TextEncoder().encode(text)
  fuzz("any bytes are shown without control characters, and the same wherever the reads are split", {
    cases: 4000,
    input: (chance) =>
      mutatedBytes(
        chance,
        utf8(chance.oneOf(["Grüße\r\n", "€uro 😀 \u202e", "\u001b[31mred\u009b0m", "plain"]) ?? ""),
        [
          [0xc3],
          [0xe2, 0x82],
          [0xf0, 0x9f, 0x98],
          [0xed, 0xa0, 0x80],
          [0xc0, 0x80],
          [0xf4, 0x90],
          [0xef, 0xbb, 0xbf],
        ].map((bytes) => Uint8Array.from(bytes)),
      ),
    check: (input, chance) => {
      const places = Array.from({ length: chance.between(0, 8) }, () => chance.between(0, input.length))
      const show = (chunks: ReadonlyArray<Uint8Array>) => {
        const view = new TextView()
        return chunks.map((chunk) => view.push(chunk)).join("") + view.end()
      }
      const shown = show([input])
      expect(shown).not.toMatch(unsafe)
      expect(show(cutAt(input, places))).toBe(shown)
    },
  })

  fuzz("the default replaces the missing parts of an endpoint, and nothing else", {
    cases: 1000,
    input: from(["", ":80", "lab", "[::1]"], addressTokens),
    check: (input) => {
      const endpoint = rightOf(parseEndpoint(input))
      if (endpoint?._tag !== "Tcp" || input.includes(endpoint.host)) return
      expect(endpoint.host).toBe(endpointDefaults.host)
      expect(input).toMatch(/^:?[0-9]+$/)
    },
  })
})
