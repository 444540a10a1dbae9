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
 */
export const acceptor = (options: AcceptorOptions): Effect.Effect<Acceptor, TlsError> => Node.acceptor(options)

/**
 * TLS for the connections of a client. It checks certificates and keys at once, so a faulty one fails here and not at
 * the first connection.
 */
export const connector = (options: ConnectorOptions = {}): Effect.Effect<Connector, TlsError> => Node.connector(options)

/**
 * Reads a certificate and its key, and checks that they belong together. `Tls.acceptor` and `Tls.connector` do the same;
 * this function is for a program that needs the certificates of a PKCS #12 file, or asks its user for a passphrase when
 * the error has `lacksPassphrase`.
 */
export const readIdentity = (identity: Identity | Pkcs12): Effect.Effect<IdentityContent, TlsError> =>
  Material.openIdentity(identity)

/**
 * The CA certificates of the operating system, as PEM: those of the variables SSL_CERT_FILE and SSL_CERT_DIR, or else
 * those that Node finds (from version 22.15 on), or else those of the files of the usual Linux and BSD systems. Fails
 * with a {@link TlsError} that names the places if there are none.
 */
export const systemCa: Effect.Effect<string, TlsError> = System.systemCa
