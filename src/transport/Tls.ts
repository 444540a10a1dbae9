import type * as Effect from "effect/Effect"
import type { TlsError } from "../domain/index.ts"
import * as Node from "./tls/nodeTls.ts"
import type { Acceptor, AcceptorOptions, Connector, ConnectorOptions } from "./tlsTypes.ts"

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
