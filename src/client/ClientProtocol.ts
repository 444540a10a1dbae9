import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Connection, ProtocolFraming, ProtocolSide } from "../connection/index.ts"
import type { CodecError, ConnectionClosedError } from "../domain/index.ts"

/** A protocol as a client needs it: its connections are of type `C`, and its codecs need `R`. */
export interface ClientProtocol<C, R> extends ProtocolFraming {
  readonly clientSide: ProtocolSide<Connection, C, R>
}

/** A protocol as a session needs it: its connections receive messages of type `In` and send messages of type `Out`. */
export interface SessionProtocol<C, In, Out, R> extends ClientProtocol<C, R> {
  readonly clientSide: SessionSide<C, In, Out, R>
}

/** The client's side of a protocol, with the codecs that a session uses between its connections. */
export interface SessionSide<C, In, Out, R> extends ProtocolSide<Connection, C, R> {
  /** Makes a function that encodes messages with the services of the context. */
  readonly encoder: Effect.Effect<(message: Out) => Effect.Effect<Uint8Array, CodecError>, never, R>
  /** The messages of one connection. */
  readonly messagesOf: (connection: C) => Stream.Stream<In, ConnectionClosedError | CodecError>
}
