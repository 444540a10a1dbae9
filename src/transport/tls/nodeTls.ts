import * as tls from "node:tls"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { errorCode } from "../../domain/errorCode.ts"
import { type StartTlsProtocol, TlsError, tlsRemedyOf } from "../../domain/index.ts"
import { noHello } from "../../domain/noHello.ts"
import { HandleWire } from "../node/handleWire.ts"
import { NodeWire } from "../node/nodeWire.ts"
import type {
  Acceptor,
  AcceptorOptions,
  Connector,
  ConnectorOptions,
  HandshakeCallbacks,
  Identity,
  Pkcs12,
} from "../tlsTypes.ts"
import type { Wire } from "../Wire.ts"
import { detailOf } from "./peerCertificate.ts"
import { serverNameOf } from "./serverName.ts"
import { startTls } from "./startTls/startTls.ts"
import { systemCa } from "./systemCa.ts"
import { contextOf, identityOptions, parametersOf } from "./tlsContext.ts"
import { Handshake } from "./tlsHandshake.ts"
import { defaultCas, lowerOf, sendNoTickets } from "./tlsInside.ts"
import { openIdentity, readCertificates } from "./tlsMaterial.ts"

// TLS by node:tls. It uses the socket of the wire below, together with the bytes that were put back (`Wire.unread`).

/** Whether a wire is a socket, the only kind that can have TLS. */
const canSecure = (wire: Wire): wire is HandleWire | NodeWire => wire instanceof NodeWire || wire instanceof HandleWire

const unsuitable = (callbacks: HandshakeCallbacks): (() => void) => {
  callbacks.onFailed("ERR_NOT_A_SOCKET")
  return () => {}
}

const nameAskedFor = (socket: tls.TLSSocket): string | undefined =>
  typeof socket.servername === "string" ? socket.servername : undefined

/** The reason to refuse a client after its handshake; `undefined` if the client is accepted. */
const refusalOf = (socket: tls.TLSSocket): string | undefined => {
  // Node reports a resumed session without a certificate as authorized.
  if (socket.getPeerX509Certificate() === undefined) return "CERT_MISSING"
  return socket.authorized ? undefined : String(socket.authorizationError)
}

export const acceptor = (options: AcceptorOptions): Effect.Effect<Acceptor, TlsError> =>
  Effect.gen(function* () {
    const [first, ...others] = options.identities
    if (options.clientCa !== undefined) yield* readCertificates("CA certificate", options.clientCa)
    const asksClient = options.clientCa !== undefined
    const common = {
      ...(yield* parametersOf(options)),
      ...(options.clientCa === undefined ? {} : { ca: options.clientCa }),
      // Old clients have no key exchange with curves.
      ...(options.legacy ? { dhparam: "auto" } : {}),
    }
    const open = (each: Identity | Pkcs12, index: number) =>
      Effect.gen(function* () {
        const { certificate, identity } = yield* openIdentity(each)
        const context = yield* contextOf({ ...common, ...identityOptions(identity) })
        return { identity, certificate, context }
      }).pipe(Effect.mapError((error) => new TlsError({ ...error, index })))
    const opened = yield* open(first, 0)
    const known = [opened, ...(yield* Effect.forEach(others, (each, index) => open(each, index + 1)))]
    const server = tls.createServer({
      ...common,
      ...identityOptions(opened.identity),
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
      requestCert: asksClient,
      // Node does not refuse the client itself: `refusalOf` decides, because it knows the reason.
      rejectUnauthorized: false,
      // The caller has a deadline. Node's own timeout cannot be switched off, so it gets the longest value.
      handshakeTimeout: 0x7fffffff,
      SNICallback: (name, done) => {
        const found = known.find(({ certificate }) => certificate.checkHost(name) !== undefined)
        done(null, found?.context)
      },
    })
    const hasNoTickets = sendNoTickets(server)
    const handshakes = new WeakMap<object, Handshake>()
    const handshakeOf = (socket: tls.TLSSocket): Handshake | undefined => {
      const lower = lowerOf(socket)
      return lower && handshakes.get(lower)
    }
    server.on("secureConnection", (socket) => {
      const handshake = handshakeOf(socket)
      const refusal = asksClient ? refusalOf(socket) : undefined
      if (handshake === undefined) socket.destroy()
      else if (refusal !== undefined) handshake.refuse(socket, refusal, hasNoTickets)
      else {
        // A renegotiation costs the client little and the server much (CVE-2011-1473). TLS 1.3 has none.
        socket.disableRenegotiation()
        handshake.succeed(socket, nameAskedFor(socket))
      }
    })
    server.on("tlsClientError", (error, socket) => handshakeOf(socket)?.fail(errorCode(error)))
    const { onKeyLog } = options
    if (onKeyLog !== undefined) server.on("keylog", (line) => onKeyLog(line))
    if (asksClient) {
      server.on("keylog", (line, socket) => handshakeOf(socket)?.onSecret(socket, line.toString("latin1")))
    }
    return {
      secure: (wire, callbacks) => {
        if (!canSecure(wire)) return unsuitable(callbacks)
        const lower = wire.release()
        const handshake = new Handshake(wire, lower, {
          onSecured: callbacks.onSecured,
          onFailed: (code, detail) => {
            const isProbe = code === "ECONNRESET" && lower.bytesRead === 0
            callbacks.onFailed(isProbe ? noHello : code, detail)
          },
        })
        handshakes.set(lower, handshake)
        server.emit("connection", lower)
        return () => handshake.cancel()
      },
    }
  })

/** The trusted CA certificates, as an option of `node:tls`. */
const trusted = (options: ConnectorOptions, ownCa: string | undefined) =>
  Effect.gen(function* () {
    if (options.ca === "system") return { ca: yield* systemCa }
    if (options.ca !== undefined) {
      yield* readCertificates("CA certificate", options.ca)
      return { ca: options.ca }
    }
    return ownCa === undefined ? {} : { ca: [...defaultCas(), ownCa] }
  })

/** The reason to refuse a server after a handshake; `undefined` if the server is accepted. */
const refusalOfServer = (socket: tls.TLSSocket): string | undefined => {
  if (socket.authorized) return undefined
  // Some ciphers have no certificate. Node reports them as an unknown CA. `getPeerX509Certificate` of a client would take
  // the certificate out of the chain, so that the next call returns the certificate of the CA.
  const hasNone = Object.keys(socket.getPeerCertificate()).length === 0
  return hasNone ? "CERT_MISSING" : String(socket.authorizationError)
}

/** The server has renegotiated with a certificate that is not trusted, or has another name. */
class CertificateRefused extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

const defaultStartTlsTimeout = Duration.seconds(8)

export const connector = (options: ConnectorOptions): Effect.Effect<Connector, TlsError> =>
  Effect.gen(function* () {
    const own = options.identity === undefined ? undefined : yield* openIdentity(options.identity)
    const secureContext = yield* contextOf({
      ...(yield* trusted(options, own?.ca)),
      ...(yield* parametersOf(options)),
      ...(own === undefined ? {} : identityOptions(own.identity)),
    })
    const verify = options.verify ?? true
    const begin = (wire: HandleWire | NodeWire, name: string, callbacks: HandshakeCallbacks) => {
      const lower = wire.release()
      const handshake = new Handshake(wire, lower, callbacks)
      // Without SNI, for an address, Node checks the certificate against `host`.
      const serverName = serverNameOf(name)
      const socket = tls.connect({
        socket: lower,
        secureContext,
        host: name,
        servername: serverName,
        // Node does not refuse the server itself: after a refusal by Node, the certificate is gone.
        rejectUnauthorized: false,
        ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
        ...(options.legacy ? { minDHSize: 1 } : {}),
      })
      const onError = (error: unknown) => handshake.fail(errorCode(error))
      socket.on("error", onError)
      let isSecured = false
      // The event comes again after a renegotiation, in which the server can change its certificate.
      socket.on("secureConnect", () => {
        const refusal = verify ? refusalOfServer(socket) : undefined
        if (isSecured) {
          if (refusal !== undefined) socket.destroy(new CertificateRefused(refusal))
          return
        }
        if (refusal !== undefined) return handshake.fail(refusal, detailOf(socket, refusal, name))
        isSecured = true
        handshake.succeed(socket, serverName)
        socket.off("error", onError)
      })
      const { onKeyLog } = options
      if (onKeyLog !== undefined) socket.on("keylog", (line) => onKeyLog(line))
      return () => handshake.cancel()
    }
    return {
      secure: (wire, host, callbacks) => {
        if (!canSecure(wire)) return unsuitable(callbacks)
        // Node would check the certificate against "localhost" if the name were empty.
        const name = options.serverName || host
        if (options.startTls === undefined) return begin(wire, name, callbacks)
        return afterStartTls(wire, { ...options, startTls: options.startTls, name }, callbacks, () =>
          begin(wire, name, refusingPlainBytes(callbacks)),
        )
      },
    }
  })

/** Describes bytes that come in place of the handshake after STARTTLS. They may come late, on their own. */
const refusingPlainBytes = (callbacks: HandshakeCallbacks): HandshakeCallbacks => ({
  ...callbacks,
  onFailed: (code, detail) =>
    tlsRemedyOf(code) === "plain"
      ? callbacks.onFailed(
          "ERR_STARTTLS_INJECTED",
          "after its answer it sent other bytes than TLS, as an attacker on the network could",
        )
      : callbacks.onFailed(code, detail),
})

interface BeforeTls {
  readonly name: string
  readonly startTls: StartTlsProtocol
  readonly startTlsTimeout?: Duration.DurationInput
}

/** Begins a handshake when the dialogue of STARTTLS has ended. Returns the function that cancels both. */
const afterStartTls = (
  wire: Wire,
  { name, startTls: protocol, startTlsTimeout = defaultStartTlsTimeout }: BeforeTls,
  callbacks: HandshakeCallbacks,
  begin: () => () => void,
): (() => void) => {
  const stop = startTls(
    wire,
    { protocol, host: name, timeoutMillis: Duration.toMillis(startTlsTimeout) },
    (failure) => {
      if (failure === undefined) cancel = begin()
      else callbacks.onFailed(failure.code, failure.problem)
    },
  )
  let cancel = () => {
    stop()
    wire.destroy()
  }
  return () => cancel()
}
