import * as net from "node:net"
import * as tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Endpoint, type StartTlsProtocol, tcpEndpoint } from "../../src/domain/index.ts"
import type { Tls } from "../../src/transport/index.ts"

/** A step of the plain part of a server: what it sends, or the request that it waits for (in latin1). */
export type PlainStep = { readonly says: string | Uint8Array } | { readonly hears: RegExp }

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

const xmppFeatures =
  "<?xml version='1.0'?><stream:stream from='localhost' id='1' version='1.0' xmlns='jabber:client' " +
  "xmlns:stream='http://etherx.jabber.org/streams'><stream:features>" +
  "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"

/** An answer to StartTLS of LDAP (RFC 4511, section 4.12) with a result code and a message. */
export const ldapAnswer = (code: number, message: string): Uint8Array =>
  Uint8Array.of(
    ...[0x30, 12 + message.length, 2, 1, 1],
    ...[0x78, 7 + message.length, 0x0a, 1, code, 4, 0, 4, message.length, ...Buffer.from(message)],
  )

/** What a server of each protocol says and hears until TLS begins. */
export const plainParts: Readonly<Record<StartTlsProtocol, ReadonlyArray<PlainStep>>> = {
  smtp: [
    { says: "220-mail.test ready\r\n220 at last\r\n" },
    { hears: /^EHLO \S+\r\n$/ },
    { says: "250-mail.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n" },
    { hears: /^STARTTLS\r\n$/ },
    { says: "220 Go ahead\r\n" },
  ],
  imap: [
    { says: "* OK [CAPABILITY IMAP4rev1] ready\r\n" },
    { hears: /^\S+ CAPABILITY\r\n$/ },
    { says: "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nTAG OK done\r\n" },
    { hears: /^\S+ STARTTLS\r\n$/ },
    { says: "TAG OK begin\r\n" },
  ],
  pop3: [{ says: "+OK ready\r\n" }, { hears: /^STLS\r\n$/ }, { says: "+OK begin\r\n" }],
  ftp: [
    { says: "220-Welcome\r\n to this server\r\n220 ready\r\n" },
    { hears: /^AUTH TLS\r\n$/ },
    { says: "234 AUTH TLS successful\r\n" },
  ],
  xmpp: [
    { hears: /<stream:stream [^>]*>$/ },
    { says: xmppFeatures },
    { hears: /<starttls [^>]*\/>$/ },
    { says: "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" },
  ],
  postgres: [{ hears: /^\0\0\0\x08\x04\xd2\x16\x2f$/ }, { says: "S" }],
  ldap: [{ hears: /1\.3\.6\.1\.4\.1\.1466\.20037$/ }, { says: ldapAnswer(0, "") }],
}

/** Goes through the steps with one client, then passes its socket on. */
const talk = (socket: net.Socket, steps: ReadonlyArray<PlainStep>, onTls: (socket: net.Socket) => void): void => {
  let heard = ""
  let tag = ""
  let at = 0
  const advance = () => {
    for (;;) {
      const step = steps[at]
      if (step === undefined) {
        socket.off("data", onData)
        socket.pause()
        return onTls(socket)
      }
      if ("says" in step) socket.write(typeof step.says === "string" ? step.says.replace("TAG", tag) : step.says)
      else if (step.hears.test(heard)) {
        tag = heard.split(" ", 1)[0] ?? ""
        heard = ""
      } else return
      at++
    }
  }
  const onData = (bytes: Uint8Array) => {
    heard += latin1(bytes)
    advance()
  }
  socket.on("data", onData)
  advance()
}

/** A server that goes through the steps with each client, and then passes its socket on. */
export const startTlsServer = (steps: ReadonlyArray<PlainStep>, onTls: (socket: net.Socket) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly endpoint: Endpoint; readonly port: number; readonly close: () => void }>((resume) => {
      const peers = new Set<net.Socket>()
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        peers.add(socket)
        socket.on("error", () => {})
        talk(socket, steps, onTls)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          for (const peer of peers) peer.destroy()
          server.close()
        }
        resume(Effect.succeed({ endpoint: tcpEndpoint("127.0.0.1", port), port, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

/** Begins TLS of Node on a socket, sends a line, and sends back what it receives. */
export const echoOverTls =
  (identity: Tls.Identity) =>
  (lower: net.Socket): void => {
    const secureContext = tls.createSecureContext({ cert: identity.cert, key: Redacted.value(identity.key) })
    const secured = new tls.TLSSocket(lower, { isServer: true, secureContext })
    secured.on("error", () => {})
    secured.once("secure", () => secured.write("secured\n"))
    secured.pipe(secured)
  }

/** Passes a socket on to a server of TLS at a port of this machine. */
export const relayTo =
  (port: number) =>
  (socket: net.Socket): void => {
    const other = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    other.on("error", () => socket.destroy())
    socket.on("close", () => other.destroy())
    socket.pipe(other).pipe(socket)
  }
