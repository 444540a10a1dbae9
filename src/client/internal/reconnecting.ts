import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import type { Connection } from "../../connection/index.ts"
import {
  type ClientEvent,
  type ConnectError,
  ConnectionClosedError,
  closeReasons,
  describeCloseReason,
  type EndpointInput,
  isLastingTlsFailure,
} from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { CheckedReconnectSettings, ConnectOptions } from "../ClientConfig.ts"
import { Backoff } from "./Backoff.ts"

/** The parts of a client that `Client.run` uses. */
export interface ReconnectingParts {
  readonly bus: EventBus<ClientEvent>
  readonly timing: Timing
  readonly connect: (
    endpoint: EndpointInput,
    options?: ConnectOptions,
  ) => Effect.Effect<ConnectionCore, ConnectError, Scope.Scope>
  readonly connectionOf: (core: ConnectionCore) => Connection
}

/** The failure of a connection, or of connecting. */
type Lost = ConnectError | ConnectionClosedError

/** Makes the function that runs a program with a connection, and again with a new connection after a loss. */
export const makeReconnecting =
  ({ bus, connect, connectionOf, timing }: ReconnectingParts) =>
  <A, E, R>(
    endpoint: EndpointInput,
    use: (connection: Connection) => Effect.Effect<A, E, R>,
    reconnect: CheckedReconnectSettings,
    options?: ConnectOptions,
  ) =>
    Effect.gen(function* () {
      const backoff = new Backoff(reconnect, timing)
      while (true) {
        let connectedAt: number | undefined
        const outcome = yield* connect(endpoint, options).pipe(
          Effect.tap(() => {
            connectedAt = timing.elapsed()
          }),
          Effect.flatMap((core) =>
            Effect.map(use(connectionOf(core)), (value) =>
              reconnect.onPeerEnd === "reconnect" && core.isPeerEndKnown && core.isEndedByPeer()
                ? { _tag: "Lost" as const, error: endedByPeer }
                : { _tag: "Done" as const, value },
            ),
          ),
          Effect.scoped,
          Effect.catchAll((error) =>
            isLost(error) ? Effect.succeed({ _tag: "Lost" as const, error }) : Effect.fail(error),
          ),
        )
        if (outcome._tag === "Done") return outcome.value
        const error: Lost = outcome.error
        backoff.onLost(connectedAt)
        const { attempt, failures } = backoff
        const cause =
          error._tag === "ConnectError" ? error.message : `the connection ended: ${describeCloseReason(error.reason)}`
        const lasts = isLasting(error)
        if (backoff.isExhausted() || lasts) {
          const attempts = lasts ? 0 : Math.max(failures, 1)
          bus.emit((seq, at) => ({ seq, at, _tag: "GaveUp", attempts, cause }))
          return yield* Effect.fail(error)
        }
        const delay = yield* backoff.delay
        const delayMillis = Duration.toMillis(delay)
        bus.emit((seq, at) => ({ seq, at, _tag: "Reconnecting", attempt, delayMillis, cause }))
        yield* Effect.sleep(delay)
      }
    })

/**
 * Whether the next attempt would fail in the same way: the endpoint is invalid, or TLS with this server needs another
 * setting or certificate.
 */
const isLasting = (error: Lost): boolean =>
  error._tag === "ConnectError"
    ? error.reason === "InvalidEndpoint" || (error.reason === "TlsFailed" && isLastingTlsFailure(error.code))
    : error.reason._tag === "TransportFailed" && isLastingTlsFailure(error.reason.code)

const endedByPeer = new ConnectionClosedError({ reason: closeReasons.peerClosed })

const isLost = (error: unknown): error is Lost =>
  typeof error === "object" &&
  error !== null &&
  "_tag" in error &&
  (error._tag === "ConnectError" || error._tag === "ConnectionClosedError")
