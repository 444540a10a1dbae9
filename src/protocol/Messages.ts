import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CodecError, ConnectionClosedError, SendError } from "../domain/index.ts"

/** The typed side of a connection: it receives messages of type `In` and sends messages of type `Out`. */
export interface Messages<In, Out> {
  /** All messages until the FIN of the peer. While nothing pulls the stream, the connection stops reading. */
  readonly messages: Stream.Stream<In, ConnectionClosedError | CodecError>
  /**
   * Sends one message. Waits while more than `outboxBytes` are queued. Fails with `CodecError` if the codec cannot encode
   * the message.
   */
  readonly send: (message: Out) => Effect.Effect<void, SendError | CodecError>
}
