import { describe, expect, it } from "@effect/vitest"
import { type StartTlsProtocol, startTlsProtocols, tcpEndpoint } from "../../../../src/domain/index.ts"
import { startTls } from "../../../../src/transport/tls/startTls/startTls.ts"
import type { Wire, WireHandlers } from "../../../../src/transport/Wire.ts"
import { ldapAnswer, type PlainStep, plainParts } from "../../../support/startTlsPeers.ts"

type Failure = { readonly code: string; readonly problem: string } | undefined

const latin1 = (bytes: string | Uint8Array): Buffer =>
  typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes)

/** A wire whose peer goes through steps, in pieces of a given length. */
const converse = (protocol: StartTlsProtocol, steps: ReadonlyArray<PlainStep>, pieceBytes: number) => {
  const sent: Array<string> = []
  let handlers: WireHandlers | undefined
  let isPaused = false
  let isDestroyed = false
  const wire = {
    local: tcpEndpoint("10.0.0.1", 40000),
    start: (given: WireHandlers) => {
      handlers = given
    },
    write: (bytes: Uint8Array) => sent.push(latin1(bytes).toString("latin1")) > 0,
    pause: () => {
      isPaused = true
    },
    resume: () => {},
    destroy: () => {
      isDestroyed = true
    },
  } as unknown as Wire
  const results: Array<Failure> = []
  startTls(wire, { protocol, host: "a<b.test", timeoutMillis: Number.POSITIVE_INFINITY }, (failure) =>
    results.push(failure),
  )
  let heard = 0
  let tag = ""
  for (const step of steps) {
    if ("hears" in step) {
      const last = sent[heard++]
      if (results.length > 0) break
      expect(last).toMatch(step.hears)
      tag = last?.split(" ", 1)[0] ?? ""
    } else {
      const bytes = latin1(typeof step.says === "string" ? step.says.replace("TAG", tag) : step.says)
      for (let at = 0; at < bytes.length; at += pieceBytes) handlers?.onData(bytes.subarray(at, at + pieceBytes))
    }
  }
  return { sent, results, isPaused, isDestroyed, end: () => handlers?.onEnd() }
}

const whole = 1_000_000

/** The failure of a dialogue whose server goes through the usual steps, but says something else in place of one. */
const failureOf = (protocol: StartTlsProtocol, index: number, says: string | Uint8Array): Failure => {
  const steps = plainParts[protocol].map((step, at) => (at === index ? { says } : step)).slice(0, index + 1)
  const [one] = converse(protocol, steps, whole).results
  const [other] = converse(protocol, steps, 1).results
  expect(other?.code).toBe(one?.code)
  return one
}

describe("the dialogue before TLS", () => {
  it.each(startTlsProtocols)("of %s ends with a paused wire, however its answers are cut", (protocol) => {
    for (const pieceBytes of [1, 2, 7, whole]) {
      const { isDestroyed, isPaused, results } = converse(protocol, plainParts[protocol], pieceBytes)
      expect([results, isPaused, isDestroyed]).toEqual([[undefined], true, false])
    }
  })

  it("of smtp names the client by its address, and of xmpp the server by its escaped name", () => {
    expect(converse("smtp", plainParts.smtp, whole).sent[0]).toBe("EHLO [10.0.0.1]\r\n")
    expect(converse("xmpp", plainParts.xmpp, whole).sent[0]).toContain("to='a&#60;b.test'")
  })

  it.each(startTlsProtocols)(
    "of %s refuses bytes before the handshake, which an attacker could have sent",
    (protocol) => {
      const steps = plainParts[protocol]
      const last = steps.at(-1)
      const answer = last !== undefined && "says" in last ? latin1(last.says).toString("latin1") : ""
      const { isDestroyed, results } = converse(protocol, [...steps.slice(0, -1), { says: `${answer}RSET\r\n` }], whole)
      expect([results[0]?.code, isDestroyed]).toEqual(["ERR_STARTTLS_INJECTED", true])
      expect(results[0]?.problem).toBe("it sent more before the handshake, as an attacker on the network could: RSET")
    },
  )

  it("refuses an answer that arrives with the answer before it, ahead of its request", () => {
    for (const [protocol, says] of [
      ["smtp", "220 ready\r\n250 STARTTLS\r\n220 go\r\n"],
      ["pop3", "+OK ready\r\n+OK begin\r\n"],
    ] as const) {
      expect(converse(protocol, [{ says }], whole).results[0]?.code).toBe("ERR_STARTTLS_INJECTED")
    }
  })

  it("says what the server answered when it refuses", () => {
    const refusals: ReadonlyArray<readonly [StartTlsProtocol, number, string | Uint8Array, string]> = [
      ["smtp", 0, "554 no service\r\n", "it refused the connection: 554 no service"],
      ["smtp", 2, "502 what?\r\n", "it refused EHLO: 502 what?"],
      ["smtp", 4, "454 TLS not available\r\n", "it refused STARTTLS: 454 TLS not available"],
      ["imap", 0, "* BYE too busy\r\n", "it refused the connection: * BYE too busy"],
      ["imap", 0, "* PREAUTH hello\r\n", "it refused the connection: * PREAUTH hello"],
      ["imap", 4, "TAG NO not now\r\n", "it refused STARTTLS: NO not now"],
      ["pop3", 0, "-ERR busy\r\n", "it refused the connection: -ERR busy"],
      ["pop3", 2, "-ERR not supported\r\n", "it refused STLS: -ERR not supported"],
      ["ftp", 0, "421 too many users\r\n", "it refused the connection: 421 too many users"],
      ["ftp", 2, "530 Please login\r\n", "it refused AUTH TLS: 530 Please login"],
      ["postgres", 1, "N", 'it refused SSLRequest: it answered "N", so TLS is switched off there'],
      ["postgres", 1, "E\0\0\0\x10SFATAL\0Mno\0\0", "it refused SSLRequest: no"],
      [
        "ldap",
        1,
        ldapAnswer(2, "no such extension"),
        "it refused StartTLS: result 2 (protocolError), no such extension",
      ],
      ["xmpp", 3, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "it refused starttls: <failure"],
    ]
    for (const [protocol, index, says, problem] of refusals) {
      const failure = failureOf(protocol, index, says)
      expect([protocol, failure?.code]).toEqual([protocol, "ERR_STARTTLS_REFUSED"])
      expect(failure?.problem).toContain(problem)
    }
  })

  it("says what the server offers when it has no STARTTLS", () => {
    expect(failureOf("smtp", 2, "250-mail.test\r\n250 SIZE\r\n")).toEqual({
      code: "ERR_STARTTLS_MISSING",
      problem: "it does not offer STARTTLS: 250-mail.test / 250 SIZE",
    })
    expect(failureOf("imap", 2, "* CAPABILITY IMAP4rev1\r\nTAG OK\r\n")?.problem).toContain("* CAPABILITY IMAP4rev1")
    expect(failureOf("xmpp", 1, "<stream:stream><stream:features/>")?.code).toBe("ERR_STARTTLS_MISSING")
  })

  it("recognises another protocol", () => {
    for (const [protocol, index] of [
      ["smtp", 0],
      ["imap", 0],
      ["pop3", 0],
      ["ftp", 0],
      ["xmpp", 1],
      ["postgres", 1],
      ["ldap", 1],
    ] as const) {
      const failure = failureOf(protocol, index, "HTTP/1.1 400 Bad Request\r\n\r\n")
      expect([protocol, failure?.code]).toEqual([protocol, "ERR_STARTTLS_INVALID"])
      expect(failure?.problem).toMatch(/what it sent is not \w+: H/)
    }
    const { results } = converse("smtp", [{ says: `220-${"x".repeat(70_000)}` }], whole)
    expect(results[0]?.problem).toBe("its answer is longer than 65536 bytes")
  })

  it("of ldap refuses an answer whose strings are nested without end", () => {
    const header = (tag: number, length: number) => Uint8Array.of(tag, 0x82, length >> 8, length & 0xff)
    const levels = 15_000
    const strings = Array.from({ length: levels }, (_, level) => header(0x24, 4 * (levels - 1 - level)))
    const result = Uint8Array.of(0x0a, 1, 0, 4, 0)
    const response = header(0x78, result.length + 4 * levels)
    const answer = [header(0x30, 3 + 4 + result.length + 4 * levels), Uint8Array.of(2, 1, 1), response, result]
    const { results } = converse("ldap", [{ says: Buffer.concat([...answer, ...strings]) }], whole)
    expect(results[0]?.code).toBe("ERR_STARTTLS_INVALID")
  })

  it("of xmpp reads a long answer without an end in a short time", () => {
    const steps = [...plainParts.xmpp.slice(0, 3), { says: "<proceed ".repeat(7000) }]
    const began = process.cpuUsage()
    converse("xmpp", steps, 4000)
    // A search with backtracking takes seconds.
    expect(process.cpuUsage(began).user).toBeLessThan(1_000_000)
  })

  it("says what was awaited when the server closes", () => {
    const talk = converse(
      "smtp",
      plainParts.smtp.slice(0, 3).map((step, at) => (at === 2 ? { says: "250-ma" } : step)),
      whole,
    )
    talk.end()
    expect(talk.results).toEqual([
      { code: "ERR_STARTTLS_CLOSED", problem: "it closed the connection before its answer to EHLO; it sent 250-ma" },
    ])
  })
})
