import * as Effect from "effect/Effect"
import type { CodecError, Framing, SendError } from "../domain/index.ts"

/**
 * What happens after a payload that is no message. The event `MessageInvalid` precedes it.
 *
 * - "close": the connection is flushed and closed with the reason `MessageInvalid`, and the messages end with the error.
 * - "skip": the next payload is read.
 * - a function: its effect runs, and then the next payload is read. The effect can answer the peer. If it fails, the
 *   connection is closed as with "close".
 */
export type OnInvalid<C, R = never> =
  | "close"
  | "skip"
  | ((error: CodecError, connection: C) => Effect.Effect<void, CodecError | SendError, R>)

/** Options for a connection with a protocol. */
export interface InvalidOptions<C, R = never> {
  /** What happens after a payload that is no message. Default "close". */
  readonly onInvalid?: OnInvalid<C, R>
}

/** One side of a protocol: it makes a connection with messages, `C`, from a connection with payloads. */
export interface ProtocolSide<Raw, C, R> {
  readonly attach: (connection: Raw, onInvalid: OnInvalid<C>) => Effect.Effect<C, never, R>
}

/** The name and the framing of a protocol. */
export interface ProtocolFraming {
  readonly name: string
  readonly framing: Framing.Framing
}

/** Attaches a side of a protocol to a connection. The services of `onInvalid` come from the context. */
export const attachSide = <Raw, C, R, RI>(
  side: ProtocolSide<Raw, C, R>,
  connection: Raw,
  onInvalid: OnInvalid<C, RI> = "close",
): Effect.Effect<C, never, R | RI> =>
  typeof onInvalid === "string"
    ? side.attach(connection, onInvalid)
    : Effect.flatMap(Effect.context<RI>(), (context) =>
        side.attach(connection, (error, attached) => Effect.provide(onInvalid(error, attached), context)),
      )
