import * as Effect from "effect/Effect"
import { ConnectError, type Endpoint, type TlsSession } from "../../domain/index.ts"
import type { Tls, Wire } from "../../transport/index.ts"

/** A wire to a server. */
export interface Dialled {
  readonly wire: Wire
  /** The target, also behind a proxy. */
  readonly remote: Endpoint
  /**
   * Whether the wire is paused. The handshake with a proxy pauses the wire at its end, so that the wire keeps the bytes
   * after the handshake until the connection reads them.
   */
  readonly isPaused: boolean
  /** The TLS session. Absent without TLS. */
  readonly tls?: TlsSession
}

// A unix socket has no host name. Its certificate must be for this name.
const nameOf = (endpoint: Endpoint): string => (endpoint._tag === "Tcp" ? endpoint.host : "localhost")

/** Begins TLS on a wire to an endpoint. An interruption destroys the wire. */
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
