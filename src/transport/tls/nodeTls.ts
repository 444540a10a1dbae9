import * as tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { errorCode } from "../../domain/errorCode.ts"
import { TlsError } from "../../domain/index.ts"
import { isIpAddress } from "../../domain/ipAddress.ts"
import { HandleWire } from "../node/handleWire.ts"
import { NodeWire } from "../node/nodeWire.ts"
import type {
  Acceptor,
  AcceptorOptions,
  CommonOptions,
  Connector,
  ConnectorOptions,
  HandshakeCallbacks,
  Identity,
} from "../tlsTypes.ts"
import { Handshake } from "./tlsHandshake.ts"
import { lowerOf, sendNoTickets } from "./tlsInside.ts"
import { readCertificates, readIdentity } from "./tlsMaterial.ts"

// TLS by node:tls. It uses the socket of the wire below, together with the bytes that were put back (`Wire.unread`).

const materialOf = (options: CommonOptions, identity: Identity | undefined) => ({
  minVersion: options.minVersion ?? "TLSv1.2",
  ...(identity === undefined ? {} : { cert: identity.cert, key: Redacted.value(identity.key) }),
})

const refusalByOpenssl = (code: string): string => {
  switch (code) {
    case "ERR_SSL_EE_KEY_TOO_SMALL":
      return "its key is too short to be safe; make one of 2048 bits or more"
    case "ERR_SSL_CA_KEY_TOO_SMALL":
      return "the key of its CA is too short to be safe"
    case "ERR_SSL_CA_MD_TOO_WEAK":
      return "it is signed with a hash that is no longer safe"
    default:
      return `OpenSSL refuses it (${code})`
  }
}

const contextOf = (options: tls.SecureContextOptions): Effect.Effect<tls.SecureContext, TlsError> =>
  Effect.try({
    try: () => tls.createSecureContext(options),
    catch: (error) => new TlsError({ part: "certificate", problem: refusalByOpenssl(errorCode(error)) }),
  })

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
    const common = options.clientCa === undefined ? {} : { ca: options.clientCa }
    const known = yield* Effect.forEach([first, ...others], (identity, index) =>
      Effect.mapError(
        Effect.all({
          certificate: readIdentity(identity),
          context: contextOf({ ...common, ...materialOf(options, identity) }),
        }),
        ({ part, problem }) => new TlsError({ part, problem, index }),
      ),
    )
    const server = tls.createServer({
      ...common,
      ...materialOf(options, first),
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
        if (!(wire instanceof NodeWire || wire instanceof HandleWire)) return unsuitable(callbacks)
        const lower = wire.release()
        const handshake = new Handshake(wire, lower, callbacks)
        handshakes.set(lower, handshake)
        server.emit("connection", lower)
        return () => handshake.cancel()
      },
    }
  })

/** The names in a certificate that does not have the requested name, from Node's error. */
const namesIn = (error: unknown): string | undefined => {
  const certificate: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "cert") : undefined
  if (typeof certificate !== "object" || certificate === null) return undefined
  const alternative: unknown = Reflect.get(certificate, "subjectaltname")
  // `DNS:localhost, IP Address:127.0.0.1`. A name with a comma is in quotation marks.
  if (typeof alternative === "string" && alternative !== "")
    return alternative.replace(/(^|, )(DNS|IP Address|URI|email):/g, "$1")
  const subject: unknown = Reflect.get(certificate, "subject")
  const name: unknown = typeof subject === "object" && subject !== null ? Reflect.get(subject, "CN") : undefined
  return typeof name === "string" ? name : undefined
}

const longestNames = 200

/** The detail for a certificate that does not have the requested name. */
const detailOf = (error: unknown, name: string): string | undefined => {
  if (errorCode(error) !== "ERR_TLS_CERT_ALTNAME_INVALID") return undefined
  const names = namesIn(error)
  if (names === undefined) return `its certificate has no name, and ${name} was asked for`
  const shown = names.length > longestNames ? `${names.slice(0, longestNames)}…` : names
  return `its certificate is for ${shown}, not for ${name}`
}

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
        // SNI carries names only (RFC 6066, section 3). Node still checks the certificate against the address.
        const serverName = isIpAddress(name) ? "" : name
        const socket = tls.connect({
          socket: lower,
          secureContext,
          host: name,
          servername: serverName,
          rejectUnauthorized: options.verify ?? true,
          ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
        })
        const onError = (error: unknown) => handshake.fail(errorCode(error), detailOf(error, name))
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
