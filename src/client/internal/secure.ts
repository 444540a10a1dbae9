import * as Effect from "effect/Effect"
import { ConnectError, type Endpoint, type TlsSession } from "../../domain/index.ts"
import type { Tls, Wire } from "../../transport/index.ts"

/** A wire to a server, and what TLS has agreed on, if it is spoken. */
export interface Dialled {
  readonly wire: Wire
  /** Who is at its end: the target, whether or not a proxy is in between. */
  readonly remote: Endpoint
  /** Whether it stands still, with what came behind a handshake. */
  readonly isPaused: boolean
  readonly tls?: TlsSession
}

// A unix socket has no name; a certificate for one is made for this.
const nameOf = (endpoint: Endpoint): string => (endpoint._tag === "Tcp" ? endpoint.host : "localhost")

/** Secures a wire to an endpoint. Interrupted, the wire is destroyed. */
export const secure = (
  dialled: Dialled,
  endpoint: Endpoint,
  connector: Tls.Connector | undefined,
): Effect.Effect<Dialled, ConnectError> =>
  connector === undefined
    ? Effect.succeed(dialled)
    : Effect.async((resume) => {
        const cancel = connector.secure(dialled.wire, nameOf(endpoint), {
          onSecured: (wire, tls) => resume(Effect.succeed({ ...dialled, wire, tls, isPaused: false })),
          onFailed: (code, problem) =>
            resume(Effect.fail(new ConnectError({ endpoint, reason: "TlsFailed", code, ...(problem && { problem }) }))),
        })
        return Effect.sync(cancel)
      })
