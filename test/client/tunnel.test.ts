import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import type { Handshake, HandshakeStep } from "../../src/client/internal/tunnel/Handshake.ts"
import { HttpConnectHandshake } from "../../src/client/internal/tunnel/httpConnect.ts"
import { Socks5Handshake } from "../../src/client/internal/tunnel/socks5.ts"
import { formatProxyServer, parseProxyServer, tcpEndpoint } from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"
import { utf8 } from "../support/texts.ts"

const credentials = Either.getOrThrow(parseProxyServer("socks5://me:s%3Acret@gate")).credentials
const target = tcpEndpoint("plc.example", 502)
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

/** Returns a handshake the answers in order, cut at the given places. */
const play = (
  handshake: Handshake,
  answers: ReadonlyArray<Uint8Array>,
  cut: (bytes: Uint8Array) => ReadonlyArray<Uint8Array>,
) => {
  const sent = [text(handshake.first)]
  let last: HandshakeStep = { _tag: "NeedMore" }
  for (const answer of answers) {
    for (const piece of cut(answer)) {
      last = handshake.push(piece)
      if (last._tag === "Send") sent.push(text(last.bytes))
      if (last._tag === "Open" || last._tag === "Failed") return { sent, last }
    }
  }
  return { sent, last }
}

const whole = (bytes: Uint8Array) => [bytes]
const single = (bytes: Uint8Array) => [...bytes].map((byte) => Uint8Array.of(byte))

const accepted = Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 1, 2)
const acceptedWith = (more: string) => Buffer.concat([accepted, utf8(more)])

describe("a SOCKS 5 handshake", () => {
  it("offers no password without one, sends the target's name, and keeps the bytes after the reply", () => {
    const { last, sent } = play(
      new Socks5Handshake(target, undefined),
      [Uint8Array.of(5, 0), acceptedWith("hi")],
      whole,
    )
    expect(sent).toEqual(["\x05\x01\x00", "\x05\x01\x00\x03\x0bplc.example\x01\xf6"])
    expect(last._tag === "Open" && text(last.rest)).toBe("hi")
  })

  it.each([
    ["an IPv4 address", [1, 192, 0, 2, 7]],
    ["an IPv6 address", [4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["a name", [3, 4, ...utf8("gate")]],
    ["a name of no length", [3, 0]],
    ["a name of 255 bytes", [3, 255, ...utf8("x".repeat(255))]],
  ] as const)("ends a reply that names %s at its last byte, and gives on what comes behind", (_, address) => {
    const reply = Uint8Array.of(5, 0, 0, ...address, 1, 2)
    const answers = [Uint8Array.of(5, 0), Buffer.concat([reply, utf8("hi")])]
    const { last } = play(new Socks5Handshake(target, undefined), answers, whole)
    expect(last._tag === "Open" && text(last.rest)).toBe("hi")
    // The handshake ends with the last byte of the reply.
    const handshake = new Socks5Handshake(target, undefined)
    handshake.push(Uint8Array.of(5, 0))
    expect(handshake.push(reply.subarray(0, -1))._tag).toBe("NeedMore")
    const end = handshake.push(reply.subarray(-1))
    expect(end._tag === "Open" && end.rest.length).toBe(0)
  })

  it("sends user and password when the proxy requires them, and an IP address as such", () => {
    const answers = [Uint8Array.of(5, 2), Uint8Array.of(1, 0), accepted]
    const { last, sent } = play(new Socks5Handshake(tcpEndpoint("192.0.2.7", 80), credentials), answers, single)
    expect(sent).toEqual(["\x05\x02\x00\x02", "\x01\x02me\x06s:cret", "\x05\x01\x00\x01\xc0\x00\x02\x07\x00P"])
    expect(last._tag).toBe("Open")
  })

  it.each<readonly [string, ReadonlyArray<Uint8Array>, string, RegExp]>([
    ["of another protocol", [utf8("HTTP/1.1 400")], "ProxyInvalid", /is not SOCKS 5/],
    ["that requires a password", [Uint8Array.of(5, 0xff)], "ProxyAuthFailed", /asks for a user and a password/],
    ["that chooses a method which was not offered", [Uint8Array.of(5, 1)], "ProxyInvalid", /not offered \(1\)/],
    ["that is refused", [Uint8Array.of(5, 0), Uint8Array.of(5, 5)], "ProxyRefused", /the target refused/],
    ["with an unknown reply", [Uint8Array.of(5, 0), Uint8Array.of(5, 99)], "ProxyRefused", /reply 99/],
    [
      "with an unknown kind of address",
      [Uint8Array.of(5, 0), Uint8Array.of(5, 0, 0, 9, 0)],
      "ProxyInvalid",
      /unknown kind/,
    ],
  ])("reports the failure of a proxy %s", (_, answers, reason, problem) => {
    for (const cut of [whole, single]) {
      const { last } = play(new Socks5Handshake(target, undefined), answers, cut)
      expect(last).toMatchObject({ _tag: "Failed", reason, problem: expect.stringMatching(problem) })
    }
  })

  it("reports that user and password are not accepted", () => {
    // Every status but 0 is a failure (RFC 1929, section 2).
    for (const status of [1, 2, 255]) {
      const answers = [Uint8Array.of(5, 2), Uint8Array.of(1, status)]
      const { last } = play(new Socks5Handshake(target, credentials), answers, single)
      expect(last).toMatchObject({ reason: "ProxyAuthFailed", problem: "it does not accept the user and the password" })
    }
  })

  it.each<readonly [string, ReadonlyArray<number>]>([
    ["an IPv4 address", [1, 127, 0, 0, 1, 1, 2]],
    ["an IPv6 address", [4, ...new Array<number>(15).fill(0), 1, 1, 2]],
    ["a name", [3, 4, 103, 97, 116, 101, 1, 2]],
    ["an empty name", [3, 0, 1, 2]],
    ["the longest name", [3, 255, ...new Array<number>(255).fill(120), 1, 2]],
  ])("opens behind the last byte of a reply with %s, no byte earlier or later", (_, bound) => {
    const reply = Uint8Array.of(5, 0, 0, ...bound)
    const opened = play(
      new Socks5Handshake(target, undefined),
      [Uint8Array.of(5, 0), Buffer.concat([reply, utf8("hi")])],
      whole,
    )
    expect(opened.last._tag === "Open" && text(opened.last.rest)).toBe("hi")
    const exact = play(new Socks5Handshake(target, undefined), [Uint8Array.of(5, 0), reply], single)
    expect(exact.last).toEqual({ _tag: "Open", rest: new Uint8Array(0) })
    const cut = play(new Socks5Handshake(target, undefined), [Uint8Array.of(5, 0), reply.subarray(0, -1)], single)
    expect(cut.last._tag).toBe("NeedMore")
  })

  it("sends a name of 255 bytes, and refuses a longer one", () => {
    const ask = (host: string) =>
      play(new Socks5Handshake(tcpEndpoint(host, 80), undefined), [Uint8Array.of(5, 0)], whole)
    const longest = "x".repeat(255)
    expect(ask(longest).sent.at(-1)).toBe(`\x05\x01\x00\x03\xff${longest}\x00P`)
    expect(ask(`${longest}x`).last).toMatchObject({
      reason: "ProxyInvalid",
      problem: expect.stringMatching(/name is longer than 255 bytes/),
    })
  })

  it("fails when the proxy answers before it was asked", () => {
    const { last } = play(new Socks5Handshake(target, undefined), [Uint8Array.of(5, 0, 5)], whole)
    expect(last).toMatchObject({ reason: "ProxyInvalid", problem: "it sent data before the request" })
  })
})

describe("an HTTP CONNECT handshake", () => {
  it("asks for the target, with user and password if there are any, and keeps the bytes after the answer", () => {
    const answer = utf8("HTTP/1.1 200 Connection established\r\nVia: gate\r\n\r\nhi")
    for (const cut of [whole, single]) {
      const { last, sent } = play(new HttpConnectHandshake(tcpEndpoint("::1", 80), credentials), [answer], cut)
      const login = `Basic ${Buffer.from("me:s:cret").toString("base64")}`
      expect(sent).toEqual([`CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\nProxy-Authorization: ${login}\r\n\r\n`])
      expect(last._tag === "Open" && text(last.rest)).toBe(cut === whole ? "hi" : "")
    }
  })

  it("ends a head at an empty line, whether its lines end with CR LF or LF", () => {
    for (const head of ["HTTP/1.0 200 ok\n\n", "HTTP/1.0 200 ok\r\n\r\n", "HTTP/1.0 200 ok\n\r\n"]) {
      const { last } = play(new HttpConnectHandshake(target, undefined), [utf8(`${head}hi`)], whole)
      expect([head, last._tag === "Open" && text(last.rest)]).toEqual([head, "hi"])
    }
  })

  it("accepts a head of 16384 bytes, and fails when it is longer", () => {
    const head = (length: number) => {
      const [start, end] = ["HTTP/1.1 200 ok\r\nX: ", "\r\n\r\n"]
      return utf8(`${start}${"x".repeat(length - start.length - end.length)}${end}`)
    }
    const last = (bytes: Uint8Array) => play(new HttpConnectHandshake(target, undefined), [bytes], whole).last
    expect(last(head(16_384))._tag).toBe("Open")
    expect(last(head(16_385).subarray(0, 16_383))._tag).toBe("NeedMore")
    expect(last(head(16_385).subarray(0, 16_384))).toMatchObject({ reason: "ProxyInvalid" })
  })

  it.each<readonly [string, string, string, RegExp]>([
    ["of another protocol", "\x05\xff", "ProxyInvalid", /is not HTTP/],
    ["that refuses", "HTTP/1.1 403 Forbidden\x1b[2J\r\n\r\n", "ProxyRefused", /^403 Forbidden\\e\[2J$/],
    [
      "that requires a password",
      "HTTP/1.0 407 Login\n\n",
      "ProxyAuthFailed",
      /asks for a user and a password \(407 Login\)/,
    ],
    ["without a status", "HTTP/1.1 fine\r\n\r\n", "ProxyInvalid", /no status line/],
    ["without an end", `HTTP/1.1 200 ok\r\nX: ${"x".repeat(20_000)}`, "ProxyInvalid", /longer than 16384 bytes/],
  ])("reports the failure of a proxy %s", (_, answer, reason, problem) => {
    const { last } = play(new HttpConnectHandshake(target, undefined), [Buffer.from(answer, "latin1")], whole)
    expect(last).toMatchObject({ _tag: "Failed", reason, problem: expect.stringMatching(problem) })
  })
})

describe("a handshake with a proxy", () => {
  const handshakes = [
    () => new Socks5Handshake(target, credentials),
    () => new HttpConnectHandshake(target, credentials),
  ]

  it.prop(
    "never throws and keeps little, whatever bytes it gets",
    [FastCheck.array(FastCheck.uint8Array({ maxLength: 300 }), { maxLength: 20 }), FastCheck.nat(1)],
    ([pieces, which]) => {
      const { last } = play((handshakes[which] ?? handshakes[0])?.() as Handshake, pieces, whole)
      expect(["NeedMore", "Send", "Open", "Failed"]).toContain(last._tag)
    },
    runs(300),
  )

  it.prop(
    "has the same result however its answers are cut",
    [FastCheck.array(FastCheck.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 })],
    ([sizes]) => {
      const cut = (bytes: Uint8Array) => {
        const pieces: Array<Uint8Array> = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          pieces.push(bytes.subarray(at, at + size))
          at += size
        }
        return pieces
      }
      const answers = [Uint8Array.of(5, 2), Uint8Array.of(1, 0), accepted]
      expect(play(new Socks5Handshake(target, credentials), answers, cut).last._tag).toBe("Open")
      const refusal = utf8("HTTP/1.1 502 Bad gateway\r\n\r\n")
      expect(play(new HttpConnectHandshake(target, undefined), [refusal], cut).last).toMatchObject({
        problem: "502 Bad gateway",
      })
    },
    runs(100),
  )
})

describe("a proxy in text", () => {
  it.each<readonly [string, string]>([
    ["socks5://gate", "socks5://gate:1080"],
    ["SOCKS5h://me:pass@gate:9/", "socks5://gate:9"],
    ["http://gate.example", "http://gate.example:8080"],
    ["http://[::1]:3128", "http://[::1]:3128"],
    ["http://me@10.0.0.1:3128", "http://10.0.0.1:3128"],
  ])("%s is read, and shown without user and password", (input, shown) => {
    expect(formatProxyServer(Either.getOrThrow(parseProxyServer(input)))).toBe(shown)
  })

  it.each<readonly [string, RegExp]>([
    ["gate:1080", /no scheme/],
    ["ftp://gate", /scheme "ftp"/],
    ["toString://gate", /scheme "toString"/],
    ["socks5://", /host is missing/],
    ["socks5://:1080", /host is missing/],
    ["socks5://gate:port", /"port" is not a number/],
    ["socks5://gate:0", /port is missing/],
    [`socks5://${"u".repeat(256)}:secret@gate`, /at most 255 bytes/],
    ["socks5://me:sec%0aret@gate", /without control characters/],
    ["socks5://me:%zz@gate", /percent-encoded/],
    ["socks5://:secret@gate", /user and password/],
  ])("%s is refused, and no password is repeated", (input, problem) => {
    const { message } = Either.getOrThrow(Either.flip(parseProxyServer(input)))
    expect(message).toMatch(problem)
    expect(message).not.toMatch(/sec/)
  })
})
