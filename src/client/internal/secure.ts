import * as Effect from "effect/Effect"
import { ConnectError, type Endpoint, type TlsSession } from "../../domain/index.ts"
import type { Tls, Wire } from "../../transport/index.ts"

/** A wire to a server, and what TLS has agreed on, if it is spoken. */
export interface Dialled {
  readonly wire: Wire
  readonly tls?: TlsSession
}

// A unix socket has no name; a certificate for one is made for this.
const nameOf = (endpoint: Endpoint): string => (endpoint._tag === "Tcp" ? endpoint.host : "localhost")

/** Secures a wire to an endpoint. Interrupted, the wire is destroyed. */
export const secure = (
  wire: Wire,
  endpoint: Endpoint,
  connector: Tls.Connector | undefined,
): Effect.Effect<Dialled, ConnectError> =>
  connector === undefined
    ? Effect.succeed({ wire })
    : Effect.async((resume) => {
        const cancel = connector.secure(wire, nameOf(endpoint), {
          onSecured: (secured, tls) => resume(Effect.succeed({ wire: secured, tls })),
          onFailed: (code) => resume(Effect.fail(new ConnectError({ endpoint, reason: "TlsFailed", code }))),
        })
        return Effect.sync(cancel)
      })
