import { describe, expect, it } from "@effect/vitest"
import {
  CodecError,
  ConnectError,
  type ConnectFailure,
  ConnectionClosedError,
  type Endpoint,
  EndpointSyntaxError,
  fdEndpoint,
  InvalidPayloadError,
  ListenError,
  type ListenFailure,
  NoSuchConnectionError,
  SlowConsumerError,
  tcpEndpoint,
  unixEndpoint,
  ValueSyntaxError,
} from "../../src/domain/index.ts"

const tcp = tcpEndpoint("example.org", 80)
const unix = unixEndpoint("/run/app.sock")

/** For each reason, a part of the message over TCP and over a unix socket. */
const listenAdvice: Record<ListenFailure, readonly [tcp: string, unix: string]> = {
  AddressInUse: ["choose another port", "choose another path"],
  AddressNotAvailable: ["`tcpfx interfaces` lists its addresses", "`tcpfx interfaces` lists its addresses"],
  PermissionDenied: ["choose a port from 1024 up", "choose a path in a folder that you can write to"],
  NameNotFound: ["check the spelling", "check the spelling"],
  PathNotFound: ["create it", "create it"],
  NotASocket: ["not a socket; choose another path", "not a socket; choose another path"],
  NotListening: ["must call listen(2)", "must call listen(2)"],
  NotOpen: ["check the number", "check the number"],
  WrongFamily: ["allow both IPv4 and IPv6", "allow both IPv4 and IPv6"],
  NoIpv6: ["listen on an IPv4 address", "listen on an IPv4 address"],
  NotSupported: ["give a path", "give a path"],
  InvalidEndpoint: ["check its host, port or path", "check its host, port or path"],
  Failed: ["EXXX", "EXXX"],
}
const connectAdvice: Record<ConnectFailure, readonly [tcp: string, unix: string]> = {
  Refused: [
    "nothing listens there, or a firewall rejects it",
    "nothing listens there; check that the server is running",
  ],
  Timeout: [
    "the host is down, or a firewall drops the packets",
    "no answer in time; check that the server still accepts connections",
  ],
  NameNotFound: ['the name "example.org" was not found; check the spelling', "was not found"],
  Unreachable: ["check the address and this machine's network", "check the address"],
  PermissionDenied: ["check its firewall rules", "run as its owner"],
  PathNotFound: ["check the path, and that the server is running", "check the path, and that the server is running"],
  NotASocket: ["not a socket; check the path", "not a socket; check the path"],
  TlsFailed: ["TLS with the server failed", "TLS with the server failed"],
  ProxyUnreachable: ["the proxy cannot be reached", "the proxy cannot be reached"],
  ProxyRefused: ["the proxy refused", "the proxy refused"],
  ProxyAuthFailed: ["check the proxy's user and password", "check the proxy's user and password"],
  ProxyInvalid: ["check its address and its protocol", "check its address and its protocol"],
  SourceUnavailable: ["`tcpfx interfaces` lists its addresses", "`tcpfx interfaces` lists its addresses"],
  WrongFamily: ["allow both IPv4 and IPv6", "allow both IPv4 and IPv6"],
  NotSupported: ["give a path", "give a path"],
  InvalidEndpoint: ["check its host, port or path", "check its host, port or path"],
  Failed: ["EXXX", "EXXX"],
}

const expectOneLine = (message: string) => expect(message).toMatch(/^\P{Cc}+$/u)

describe("ListenError", () => {
  for (const [reason, [overTcp, overUnix]] of Object.entries(listenAdvice) as ReadonlyArray<
    [ListenFailure, readonly [string, string]]
  >) {
    it(`${reason} names the endpoint and the remedy in one line`, () => {
      const message = (endpoint: Endpoint) => new ListenError({ endpoint, reason, code: "EXXX" }).message
      expect(message(tcp)).toMatch(/^cannot listen on example\.org:80: /)
      expect(message(tcp)).toContain(overTcp)
      expect(message(unix)).toMatch(/^cannot listen on unix:\/run\/app\.sock: /)
      expect(message(unix)).toContain(overUnix)
      expectOneLine(message(tcp))
      expectOneLine(message(unix))
    })
  }
})

describe("ListenError of a server that already has the address", () => {
  const message = (conflict: string, host: string) =>
    new ListenError({
      endpoint: tcpEndpoint(host, 80),
      reason: "AddressInUse",
      code: "EADDRINUSE",
      conflict: tcpEndpoint(conflict, 80),
    }).message

  it("names both endpoints", () => {
    expect(message("0.0.0.0", "127.0.0.1")).toBe(
      "cannot listen on 127.0.0.1:80: this server already listens on 0.0.0.0:80, which overlaps; remove one of the two",
    )
  })

  it("says how to restrict the IPv6 wildcard, if that would help", () => {
    expect(message("::", "0.0.0.0")).toMatch(/restrict \[::\] to IPv6 \(--ipv6-only\)$/)
    expect(message("127.0.0.1", "::")).toMatch(/restrict \[::\] to IPv6 \(--ipv6-only\)$/)
    for (const [conflict, host] of [
      ["::", "::"],
      ["::", "::1"],
      ["0.0.0.0", "0.0.0.0"],
    ] as const) {
      expect(message(conflict, host)).not.toContain("ipv6-only")
    }
  })

  it("says what is wrong with a descriptor", () => {
    const of = (reason: ListenFailure) => new ListenError({ endpoint: fdEndpoint(3), reason, code: "E" }).message
    expect(of("NotASocket")).toBe(
      "cannot listen on fd:3: that descriptor is not a socket; check the program that passes it",
    )
    expect(of("AddressInUse")).toContain("name each descriptor once")
  })
})

describe("ConnectError", () => {
  for (const [reason, [overTcp, overUnix]] of Object.entries(connectAdvice) as ReadonlyArray<
    [ConnectFailure, readonly [string, string]]
  >) {
    it(`${reason} names the endpoint and the remedy in one line`, () => {
      const message = (endpoint: Endpoint) => new ConnectError({ endpoint, reason, code: "EXXX" }).message
      expect(message(tcp)).toMatch(/^cannot connect to example\.org:80: /)
      expect(message(tcp)).toContain(overTcp)
      expect(message(unix)).toMatch(/^cannot connect to unix:\/run\/app\.sock: /)
      expect(message(unix)).not.toContain("firewall")
      expect(message(unix)).toContain(overUnix)
      expectOneLine(message(tcp))
      expectOneLine(message(unix))
    })
  }
})

describe("every message", () => {
  const nasty = "a\n\r\u001b[2J\u202eb"
  const messages: Record<string, { readonly message: string }> = {
    ListenError: new ListenError({ endpoint: unixEndpoint(nasty), reason: "PathNotFound", code: "ENOENT" }),
    ConnectError: new ConnectError({ endpoint: unixEndpoint(nasty), reason: "PathNotFound", code: "ENOENT" }),
    ConnectionClosedError: new ConnectionClosedError({ reason: { _tag: "HandlerFailed", message: nasty } }),
    NoSuchConnectionError: new NoSuchConnectionError({ id: 3 }),
    SlowConsumerError: new SlowConsumerError({ pendingBytes: 20, budgetBytes: 10 }),
    InvalidPayloadError: new InvalidPayloadError({ framing: nasty, problem: nasty }),
    CodecError: new CodecError({ codec: "json", problem: nasty }),
    EndpointSyntaxError: new EndpointSyntaxError({ input: nasty, problem: "it is odd", expected: "host:port" }),
    ValueSyntaxError: new ValueSyntaxError({ input: nasty, kind: "a size", problem: "it is odd", expected: "1MiB" }),
  }
  for (const [tag, error] of Object.entries(messages)) {
    it(`of ${tag} is one line, whatever it quotes`, () => {
      expect(error).toHaveProperty("_tag", tag)
      expectOneLine(error.message)
    })
  }

  it("quotes only the beginning of a long text", () => {
    const error = new ValueSyntaxError({
      input: "x".repeat(1e6),
      kind: "a size",
      problem: "it is odd",
      expected: "1MiB",
    })
    expect(error.message).toBe(`"${"x".repeat(120)}"… is not a size: it is odd; expected 1MiB`)
  })

  it("escapes characters that would reorder its line, in a quoted path or text of a peer", () => {
    for (const tag of ["ListenError", "ConnectError", "ConnectionClosedError", "CodecError"]) {
      expect(messages[tag]?.message).toContain("a\\n\\r\\e[2J\\u{202e}b")
    }
  })

  it("says what is wrong", () => {
    expect(messages["NoSuchConnectionError"]?.message).toBe("there is no connection #3; it has ended or never existed")
    expect(messages["SlowConsumerError"]?.message).toBe(
      "the subscriber is 20 bytes behind, above its budget of 10; read faster, or raise the budget",
    )
    expect(new ConnectionClosedError({ reason: { _tag: "Kicked" } }).message).toBe("the connection is closed: kicked")
    expect(new CodecError({ codec: "text", problem: "no" }).message).toBe("text: no")
  })
})
