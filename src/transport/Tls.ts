import type * as Effect from "effect/Effect"
import type { TlsError } from "../domain/index.ts"
import * as Node from "./tls/nodeTls.ts"
import * as System from "./tls/systemCa.ts"
import * as Material from "./tls/tlsMaterial.ts"
import type {
  Acceptor,
  AcceptorOptions,
  Connector,
  ConnectorOptions,
  Identity,
  IdentityContent,
  Pkcs12,
} from "./tlsTypes.ts"

export type * from "./tlsTypes.ts"

/**
 * TLS for the connections of a server. It checks certificates and keys at once, so a faulty one fails here and not at
 * the first client.
 *
 * @example
 * import { Effect, Redacted } from "effect"
 * import { Tls } from "tcpfx/transport"
 *
 * const pfx = new TextEncoder().encode("not a PKCS #12 file")
 * const program = Tls.acceptor({ identities: [{ pfx, passphrase: Redacted.make("secret") }], minVersion: "TLSv1.3" })
 * const error = await Effect.runPromise(Effect.flip(program))
 * assert.match(error.message, /^the PKCS #12 file cannot be used/)
 */
export const acceptor = (options: AcceptorOptions): Effect.Effect<Acceptor, TlsError> => Node.acceptor(options)

/**
 * TLS for the connections of a client. It checks certificates and keys at once, so a faulty one fails here and not at
 * the first connection.
 *
 * @example
 * import { Effect } from "effect"
 * import { Client } from "tcpfx/client"
 * import { tcpEndpoint } from "tcpfx/domain"
 * import { NodeTransport, Tls } from "tcpfx/transport"
 *
 * const program = Effect.gen(function* () {
 *   const tls = yield* Tls.connector({ startTls: "smtp", minVersion: "TLSv1.2" })
 *   const client = yield* Client.make({ tls })
 *   return yield* client.connect(tcpEndpoint("127.0.0.1", 1))
 * })
 * const error = await Effect.runPromise(
 *   Effect.flip(program.pipe(Effect.scoped, Effect.provide(NodeTransport.layer))),
 * )
 * assert.match(error.message, /connection refused/)
 */
export const connector = (options: ConnectorOptions = {}): Effect.Effect<Connector, TlsError> => Node.connector(options)

/**
 * Reads a certificate and its key, and checks that they belong together. `Tls.acceptor` and `Tls.connector` do the same;
 * this function is for a program that needs the certificates of a PKCS #12 file, or asks its user for a passphrase when
 * the error has `lacksPassphrase`.
 *
 * @example
 * import { Effect, Redacted } from "effect"
 * import { Tls } from "tcpfx/transport"
 *
 * const identity = { cert: "-----BEGIN CERTIFICATE REQUEST-----", key: Redacted.make("") }
 * const error = await Effect.runPromise(Effect.flip(Tls.readIdentity(identity)))
 * assert.match(error.message, /it is a certificate signing request/)
 */
export const readIdentity = (identity: Identity | Pkcs12): Effect.Effect<IdentityContent, TlsError> =>
  Material.openIdentity(identity)

/**
 * The CA certificates of the operating system, as PEM: those of the variables SSL_CERT_FILE and SSL_CERT_DIR, or else
 * those that Node finds (from version 22.15 on), or else those of the files of the usual Linux and BSD systems. Fails
 * with a {@link TlsError} that names the places if there are none.
 *
 * @example
 * import { Effect } from "effect"
 * import { Tls } from "tcpfx/transport"
 *
 * const connector = Tls.systemCa.pipe(
 *   Effect.flatMap((systemCa) => Tls.connector({ ca: systemCa })),
 *   Effect.catchTag("TlsError", () => Tls.connector()),
 * )
 * assert.equal(typeof (await Effect.runPromise(connector)).secure, "function")
 */
export const systemCa: Effect.Effect<string, TlsError> = System.systemCa
