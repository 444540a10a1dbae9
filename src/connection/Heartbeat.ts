import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import { limits, parseDeadline, parseEscapes } from "../domain/index.ts"
import { variable } from "../runtime/variable.ts"

/**
 * How peers are found that have stopped although their system still acknowledges everything: they are sent a frame that
 * they answer.
 */
export interface Heartbeat {
  /** What is sent, as a frame; it is not told as `FrameSent`. */
  readonly payload: Uint8Array
  /** Silence of a peer after which it is sent one. */
  readonly interval: Duration.Duration
  /** How long nothing may come after it. Then the peer is closed with `HeartbeatLost`; any byte is a sign of life. */
  readonly timeout: Duration.Duration
}

/** The parts of a heartbeat, as they are given. */
export interface HeartbeatParts {
  readonly payload: Uint8Array | undefined
  /** Default 15 s. */
  readonly interval: Duration.Duration
  /** Default the interval. */
  readonly timeout: Duration.Duration | undefined
}

/** The parts as variables: `TCPFX_HEARTBEAT` (a text with escapes), `TCPFX_HEARTBEAT_INTERVAL` and `_TIMEOUT`. */
export const heartbeatFields = {
  payload: variable<Uint8Array | undefined>("HEARTBEAT", parseEscapes, undefined),
  interval: variable("HEARTBEAT_INTERVAL", parseDeadline, limits.heartbeatInterval),
  timeout: variable<Duration.Duration | undefined>("HEARTBEAT_TIMEOUT", parseDeadline, undefined),
} satisfies { readonly [K in keyof HeartbeatParts]: Config.Config<HeartbeatParts[K]> }

/** The heartbeat that parts make; none without a payload. */
export const heartbeatOf = ({ interval, payload, timeout }: HeartbeatParts): Heartbeat | undefined =>
  payload === undefined ? undefined : { payload, interval, timeout: timeout ?? interval }

/** The heartbeat of the environment. */
export const heartbeatConfig: Config.Config<Heartbeat | undefined> = Config.map(
  Config.all(heartbeatFields),
  heartbeatOf,
)
