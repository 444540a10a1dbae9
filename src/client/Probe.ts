import type * as Duration from "effect/Duration"
import type { CloseReason, ConnectError, Endpoint } from "../domain/index.ts"
import type { ConnectOptions } from "./ClientConfig.ts"

/** Options of a probe. */
export interface ProbeOptions extends ConnectOptions {
  /**
   * How long the probe watches an open connection for an end that follows at once. Default 200 ms. Data from the server
   * ends the watch.
   */
  readonly settle?: Duration.DurationInput
}

/** The endpoint accepts connections. */
export interface ProbeOpen {
  readonly _tag: "Open"
  /** The address that has answered. Behind a proxy, the endpoint. */
  readonly remote: Endpoint
  /** How long connecting took, with the handshakes of a proxy and of TLS. */
  readonly elapsedMillis: number
}

/**
 * The endpoint accepts connections, and closes or resets them at once without data. A forwarder whose target does not
 * run does this, and so does a server that refuses this client by its address.
 */
export interface ProbeClosedAtOnce {
  readonly _tag: "ClosedAtOnce"
  readonly remote: Endpoint
  /** The reason of the end: usually `PeerClosed` or `PeerReset`. */
  readonly reason: CloseReason
}

/**
 * Connecting has failed. "Refused": a system answers that nothing listens. "TimedOut": nothing answers within
 * `connectTimeout`; the machine is down, or a firewall drops the packets. "Unreachable": there is no route. "Failed": all
 * other failures, for example of the name, the proxy or TLS.
 */
export interface ProbeFailed {
  readonly _tag: "Refused" | "TimedOut" | "Unreachable" | "Failed"
  readonly error: ConnectError
}

/** The result of a probe. */
export type Probe = ProbeOpen | ProbeClosedAtOnce | ProbeFailed

/** Functions for the results of probes. */
export const Probe: {
  /**
   * Whether an endpoint accepts connections, also if it closes them at once.
   *
   * @example
   * import { Effect } from "effect"
   * import { Client, Probe } from "tcpfx/client"
   * import { MemoryTransport } from "tcpfx/transport"
   *
   * const program = Effect.gen(function* () {
   *   const client = yield* Client.make({ connectTimeout: "1 second" })
   *   return yield* client.probe("127.0.0.1:9000")
   * })
   * const probe = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
   * assert.deepEqual([probe._tag, Probe.isOpen(probe)], ["Refused", false])
   */
  readonly isOpen: (probe: Probe) => probe is ProbeOpen | ProbeClosedAtOnce
} = {
  isOpen: (probe): probe is ProbeOpen | ProbeClosedAtOnce => probe._tag === "Open" || probe._tag === "ClosedAtOnce",
}
