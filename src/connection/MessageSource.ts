import type * as Effect from "effect/Effect"
import type { CodecError, ConnectionClosedError, Framing, SendError } from "../domain/index.ts"

/** The field of a connection that typed messages use. */
export const messageSource: unique symbol = Symbol.for("tcpfx/connection/messageSource")

/** Payloads that were taken at once. */
export interface TakenPayloads {
  readonly payloads: ReadonlyArray<Uint8Array>
  /** The ordinal of the first payload on the connection, from 1. */
  readonly first: number
}

/**
 * The payloads of a connection, for a program that decodes and encodes them as messages. The received payloads have
 * ordinals and offsets.
 */
export interface MessageSource {
  readonly framing: Framing.Framing
  /** Takes the next payload. Returns `undefined` after the peer's FIN and all payloads before it. */
  readonly next: Effect.Effect<Uint8Array | undefined, ConnectionClosedError>
  /**
   * Passes payloads to `handle` until it returns `false`, then returns that payload. Returns `undefined` after the peer's
   * FIN and all payloads before it. `handle` runs in the callback of the read, so a payload that it handles costs no step
   * of the fiber. It must not throw.
   */
  readonly nextUnhandled: (
    handle: (payload: Uint8Array) => boolean,
  ) => Effect.Effect<Uint8Array | undefined, ConnectionClosedError>
  /** Takes up to 1024 payloads that have arrived. */
  readonly some: Effect.Effect<TakenPayloads | undefined, ConnectionClosedError>
  /** The ordinal of the payload that was taken last. */
  readonly taken: () => number
  /**
   * Emits the event `MessageInvalid` for a payload that a codec cannot decode. Returns the error with the ordinal and the
   * offset of the payload. The offset is known until more payloads are taken.
   */
  readonly report: (error: CodecError, frame: number) => CodecError
  /** Closes the connection gracefully with the reason `MessageInvalid`. */
  readonly refuse: (error: CodecError) => void
  /**
   * Sends a payload without a step of a fiber. Returns `false` if the sender must then wait for `drained`. Returns
   * `undefined`, and sends nothing, if each payload must pass through `send`. Returns an error if the payload cannot be
   * sent.
   */
  readonly sendAtOnce: (payload: Uint8Array) => boolean | undefined | SendError
}
