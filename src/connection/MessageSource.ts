import type * as Effect from "effect/Effect"
import type { CodecError, ConnectionClosedError, Framing } from "../domain/index.ts"

/** The field of a connection that typed messages use. */
export const messageSource: unique symbol = Symbol.for("tcpfx/connection/messageSource")

/** Payloads that were taken at once. */
export interface TakenPayloads {
  readonly payloads: ReadonlyArray<Uint8Array>
  /** The ordinal of the first payload on the connection, from 1. */
  readonly first: number
}

/** The received payloads with their ordinals and offsets, for a program that decodes them as messages. */
export interface MessageSource {
  readonly framing: Framing.Framing
  /** Takes the next payload. Returns `undefined` after the peer's FIN and all payloads before it. */
  readonly next: Effect.Effect<Uint8Array | undefined, ConnectionClosedError>
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
}
