import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import { limits, parseDeadline, parseEscapes, type settings } from "../domain/index.ts"
import { variable } from "../runtime/variable.ts"

/**
 * Finds peers that have stopped although their kernel still acknowledges everything. This side sends a frame, and the
 * peer must answer.
 */
export interface Heartbeat {
  /** The payload of the frame. Sending it causes no event `FrameSent`. */
  readonly payload: Uint8Array
  /** The silence of the peer after which the frame is sent. */
  readonly interval: Duration.DurationInput
  /**
   * The time for an answer. Any byte of the peer is an answer. A connection without an answer in this time is reset
   * with the reason `HeartbeatLost`.
   */
  readonly timeout: Duration.DurationInput
}

/** A heartbeat with checked durations. */
export type CheckedHeartbeat = settings.Checked<Heartbeat>

/** The parts of a heartbeat, before the defaults apply. */
export interface HeartbeatParts {
  readonly payload: Uint8Array | undefined
  /** Default 15 s. */
  readonly interval: Duration.Duration
  /** Default: `interval`. */
  readonly timeout: Duration.Duration | undefined
}

/**
 * The environment variables: `TCPFX_HEARTBEAT` (a text with escapes), `TCPFX_HEARTBEAT_INTERVAL` and
 * `TCPFX_HEARTBEAT_TIMEOUT`.
 */
export const heartbeatFields = {
  ...variablesOf<Duration.Duration>(undefined, undefined),
} satisfies { readonly [K in keyof HeartbeatParts]: Config.Config<HeartbeatParts[K]> }

function variablesOf<D extends Duration.DurationInput>(given: HeartbeatOf<D> | undefined, prefix: string | undefined) {
  return {
    payload: variable("HEARTBEAT", parseEscapes, given?.payload, prefix),
    interval: variable("HEARTBEAT_INTERVAL", parseDeadline, given?.interval ?? limits.heartbeatInterval, prefix),
    timeout: variable("HEARTBEAT_TIMEOUT", parseDeadline, given?.timeout, prefix),
  }
}

/** A heartbeat whose durations have the type `D`. */
export type HeartbeatOf<D> = { readonly payload: Uint8Array; readonly interval: D; readonly timeout: D }

/** Makes a heartbeat from its parts. Without a payload there is no heartbeat. */
export const heartbeatOf = <D>({
  interval,
  payload,
  timeout,
}: {
  readonly payload: Uint8Array | undefined
  readonly interval: D
  readonly timeout: D | undefined
}): HeartbeatOf<D> | undefined =>
  payload === undefined ? undefined : { payload, interval, timeout: timeout ?? interval }

/** The heartbeat from the environment variables. A part that has no variable comes from `given`. */
export const heartbeatConfig = <D extends Duration.DurationInput = Duration.Duration>(
  given: HeartbeatOf<D> | undefined,
  prefix: string,
): Config.Config<HeartbeatOf<D | Duration.Duration> | undefined> =>
  Config.map(Config.all(variablesOf(given, prefix)), (parts) => heartbeatOf<D | Duration.Duration>(parts))
