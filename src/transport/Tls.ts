import type * as Effect from "effect/Effect"
import type { TlsError } from "../domain/index.ts"
import * as Node from "./tls/nodeTls.ts"
import type { Acceptor, AcceptorOptions, Connector, ConnectorOptions } from "./tlsTypes.ts"

export type * from "./tlsTypes.ts"

/**
 * Makes what secures the connections of a server. Certificates and keys are read here, so what is wrong with them is
 * told before anybody connects.
 */
export const acceptor = (options: AcceptorOptions): Effect.Effect<Acceptor, TlsError> => Node.acceptor(options)

/** Makes what secures the connections of a client. */
export const connector = (options: ConnectorOptions = {}): Effect.Effect<Connector, TlsError> => Node.connector(options)
