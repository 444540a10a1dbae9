import { constants } from "node:crypto"
import * as net from "node:net"
import * as tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type TlsCertificate, TlsError, type TlsSession } from "../../domain/index.ts"
import type {
  Acceptor,
  AcceptorOptions,
  CommonOptions,
  Connector,
  ConnectorOptions,
  HandshakeCallbacks,
  Identity,
} from "../Tls.ts"
import type { Wire } from "../Wire.ts"
import { codeOf } from "./errorCode.ts"
import { HandleWire } from "./handleWire.ts"
import { NodeWire } from "./nodeWire.ts"
import { readCertificates, readIdentity } from "./tlsMaterial.ts"

// TLS by node:tls. The wire below is given up to it with whatever of it was put back (`Wire.unread`).

const materialOf = (options: CommonOptions, identity: Identity | undefined) => ({
  minVersion: options.minVersion ?? "TLSv1.2",
  ...(identity === undefined ? {} : { cert: identity.cert, key: Redacted.value(identity.key) }),
})

const contextOf = (options: tls.SecureContextOptions): Effect.Effect<tls.SecureContext, TlsError> =>
  Effect.try({
    try: () => tls.createSecureContext(options),
    catch: (error) => new TlsError({ part: "certificate", problem: `OpenSSL refuses it (${codeOf(error)})` }),
  })

const nameOf = (distinguished: string): string => distinguished.split("\n").join(", ")

const certificateOf = (socket: tls.TLSSocket): TlsCertificate | undefined => {
  const shown = socket.getPeerX509Certificate()
  return (
    shown && {
      subject: nameOf(shown.subject ?? ""),
      issuer: nameOf(shown.issuer ?? ""),
      fingerprint: shown.fingerprint256,
      validTo: Date.parse(shown.validTo),
    }
  )
}

const sessionOf = (socket: tls.TLSSocket, serverName: string | undefined): TlsSession => {
  const peer = certificateOf(socket)
  return {
    protocol: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    ...(socket.alpnProtocol ? { alpn: socket.alpnProtocol } : {}),
    ...(serverName ? { serverName } : {}),
    ...(peer === undefined ? {} : { peer }),
  }
}

/** A handshake that is under way: it comes to one end, whatever is told afterwards. */
class Handshake {
  private readonly below: Wire
  private readonly lower: net.Socket
  private readonly callbacks: HandshakeCallbacks
  private isOver = false

  constructor(below: Wire, lower: net.Socket, callbacks: HandshakeCallbacks) {
    this.below = below
    this.lower = lower
    this.callbacks = callbacks
    // A peer that goes away in the middle shows as the end of the socket below, and as nothing else; half open, not even
    // as that.
    lower.allowHalfOpen = false
    lower.once("close", () => this.fail("ECONNRESET"))
  }

  succeed(socket: tls.TLSSocket, serverName: string | undefined): void {
    if (this.isOver) return
    this.isOver = true
    socket.allowHalfOpen = true
    const { local, remote } = this.below
    this.callbacks.onSecured(new NodeWire(socket, local, remote, this.lower), sessionOf(socket, serverName))
  }

  fail(code: string): void {
    if (this.isOver) return
    this.cancel()
    this.callbacks.onFailed(code)
  }

  cancel(): void {
    this.isOver = true
    this.lower.destroy()
  }
}

const unsuitable = (callbacks: HandshakeCallbacks): (() => void) => {
  callbacks.onFailed("ERR_NOT_A_SOCKET")
  return () => {}
}

// TLS of a server puts the sockets below under this name, in every version of Node; one without it is not let in.
const lowerOf = (socket: tls.TLSSocket): unknown => Reflect.get(socket, "_parent")

const nameAskedFor = (socket: tls.TLSSocket): string | undefined =>
  typeof socket.servername === "string" ? socket.servername : undefined

export const acceptor = (options: AcceptorOptions): Effect.Effect<Acceptor, TlsError> =>
  Effect.gen(function* () {
    const [first, ...others] = options.identities
    if (options.clientCa !== undefined) yield* readCertificates("CA certificate", options.clientCa)
    const common = options.clientCa === undefined ? {} : { ca: options.clientCa }
    // A client that has to show who it is does so each time: no session is taken up again.
    const sessionless = options.clientCa === undefined ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }
    const known = yield* Effect.forEach([first, ...others], (identity) =>
      Effect.all({
        certificate: readIdentity(identity),
        context: contextOf({ ...common, ...sessionless, ...materialOf(options, identity) }),
      }),
    )
    const server = tls.createServer({
      ...common,
      ...sessionless,
      ...materialOf(options, first),
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
      requestCert: options.clientCa !== undefined,
      // Decided here, where it can be told why.
      rejectUnauthorized: false,
      // The deadline is its caller's; Node's own cannot be switched off.
      handshakeTimeout: 0x7fffffff,
      SNICallback: (name, done) => {
        const found = known.find(({ certificate }) => certificate.checkHost(name) !== undefined)
        done(null, found?.context)
      },
    })
    const handshakes = new WeakMap<object, Handshake>()
    const handshakeOf = (socket: tls.TLSSocket): Handshake | undefined => {
      const lower = lowerOf(socket)
      return typeof lower === "object" && lower !== null ? handshakes.get(lower) : undefined
    }
    server.on("secureConnection", (socket) => {
      const handshake = handshakeOf(socket)
      if (handshake === undefined) socket.destroy()
      else if (options.clientCa === undefined) handshake.succeed(socket, nameAskedFor(socket))
      // A session that is taken up again without a certificate counts as authorized to Node.
      else if (socket.getPeerX509Certificate() === undefined) handshake.fail("CERT_MISSING")
      else if (socket.authorized) handshake.succeed(socket, nameAskedFor(socket))
      else handshake.fail(String(socket.authorizationError))
    })
    server.on("tlsClientError", (error, socket) => handshakeOf(socket)?.fail(codeOf(error)))
    const { onKeyLog } = options
    if (onKeyLog !== undefined) server.on("keylog", (line) => onKeyLog(line))
    return {
      secure: (wire, callbacks) => {
        if (!(wire instanceof NodeWire || wire instanceof HandleWire)) return unsuitable(callbacks)
        const lower = wire.release()
        const handshake = new Handshake(wire, lower, callbacks)
        handshakes.set(lower, handshake)
        server.emit("connection", lower)
        return () => handshake.cancel()
      },
    }
  })

export const connector = (options: ConnectorOptions): Effect.Effect<Connector, TlsError> =>
  Effect.gen(function* () {
    if (options.ca !== undefined) yield* readCertificates("CA certificate", options.ca)
    if (options.identity !== undefined) yield* readIdentity(options.identity)
    const secureContext = yield* contextOf({
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...materialOf(options, options.identity),
    })
    return {
      secure: (wire, host, callbacks) => {
        if (!(wire instanceof NodeWire || wire instanceof HandleWire)) return unsuitable(callbacks)
        const lower = wire.release()
        const handshake = new Handshake(wire, lower, callbacks)
        const name = options.serverName ?? host
        // SNI knows names only (RFC 6066, section 3); the certificate is checked against the address all the same.
        const serverName = net.isIP(name) === 0 ? name : ""
        const socket = tls.connect({
          socket: lower,
          secureContext,
          host: name,
          servername: serverName,
          rejectUnauthorized: options.verify ?? true,
          ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
        })
        const onError = (error: unknown) => handshake.fail(codeOf(error))
        socket.on("error", onError)
        socket.once("secureConnect", () => {
          handshake.succeed(socket, serverName)
          socket.off("error", onError)
        })
        const { onKeyLog } = options
        if (onKeyLog !== undefined) socket.on("keylog", (line) => onKeyLog(line))
        return () => handshake.cancel()
      },
    }
  })
