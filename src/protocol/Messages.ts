import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Connection, OnInvalid } from "../connection/index.ts"
import type { Codec, CodecError, ConnectionClosedError, SendError } from "../domain/index.ts"
import type { sendAtOnce } from "./internal/sendAtOnce.ts"
import { whenInvalidOf } from "./receiveMessages.ts"
import { TypedConnection } from "./TypedConnection.ts"

/** The typed side of a connection: it receives messages of type `In` and sends messages of type `Out`. */
export interface Messages<In, Out> extends Pick<Connection, "drained" | "peerEnded" | "draining" | "close" | "closed"> {
  /**
   * Receives the next message. Returns `None` after the FIN of the peer. An interrupted `receive` loses no message. Use
   * `receive` to take some messages and leave the rest.
   */
  readonly receive: Effect.Effect<Option.Option<In>, ConnectionClosedError | CodecError>
  /**
   * All messages until the FIN of the peer. While nothing pulls the stream, the connection stops reading. A stream that
   * ends early (`Stream.take`) drops the unused messages of its last pull.
   */
  readonly messages: Stream.Stream<In, ConnectionClosedError | CodecError>
  /**
   * Runs an effect for each message, in order, until the FIN of the peer. `runForEach` takes one message at a time. A
   * pull of `messages` takes up to 1024 messages that have arrived.
   */
  readonly runForEach: <E, R>(
    f: (message: In) => Effect.Effect<void, E, R>,
  ) => Effect.Effect<void, E | ConnectionClosedError | CodecError, R>
  /**
   * Sends one message. If more than `outbox` bytes (a setting) are then pending, waits until the kernel has taken them.
   * Fails with `CodecError` if the codec cannot encode the message.
   */
  readonly send: (message: Out) => Effect.Effect<void, SendError | CodecError>
  /**
   * Sends one message and does not wait for room. `send` is `sendNow` followed by `drained`. If `sendNow` fails, no
   * byte of the message was sent.
   */
  readonly sendNow: (message: Out) => Effect.Effect<void, SendError | CodecError>
  /**
   * Sends one message if at most `outbox` bytes are pending, and never waits. Returns `false`, and sends nothing, if more
   * bytes are pending.
   */
  readonly trySend: (message: Out) => Effect.Effect<boolean, SendError | CodecError>
  /** Sends one message without a step of a fiber, for `Requests`. Messages without this field are sent with `send`. */
  readonly [sendAtOnce]?: (message: Out) => boolean | undefined | SendError | CodecError
}

/** The codecs of the two directions of a connection. */
export interface MessageCodecs<In, Out> {
  /** Decodes each received payload. */
  readonly receive: Codec.Codec<In>
  /** Encodes each sent message. */
  readonly send: Codec.Codec<Out>
}

export const Messages = {
  /**
   * Makes the typed side of a connection from two codecs. The framing of the client or server cuts the bytes into
   * payloads. Read either the messages or the payloads of a connection, because each payload goes to one reader.
   * `onInvalid` decides what happens after a payload that the codec cannot decode. Default "close": the connection is
   * closed, and `messages`, `receive` and `runForEach` fail with `CodecError`. "skip": the payload is dropped. A
   * function receives the error and these messages, so it can answer the peer. Then the next payload is read.
   *
   * @example
   * import { Effect, Schema, Stream } from "effect"
   * import { Client } from "tcpfx/client"
   * import { Codec, Framing } from "tcpfx/domain"
   * import { Messages } from "tcpfx/protocol"
   * import { Server } from "tcpfx/server"
   * import { MemoryTransport } from "tcpfx/transport"
   *
   * const codecs = { receive: Codec.json(Schema.Number), send: Codec.text }
   * const program = Effect.gen(function* () {
   *   const server = yield* Server.make({
   *     settings: { frame: Framing.line },
   *     handler: (connection) => {
   *       const numbers = Messages.of(connection, codecs, (_, answers) => answers.send("a number, please"))
   *       return numbers.runForEach((number) => numbers.send(`${2 * number}`))
   *     },
   *   })
   *   const { endpoint } = yield* server.listen("127.0.0.1:0")
   *   const client = yield* Client.make({ frame: Framing.line })
   *   const texts = Messages.of(yield* client.connect(endpoint), { receive: Codec.text, send: Codec.text })
   *   yield* texts.send("hello")
   *   yield* texts.send("21")
   *   return yield* Stream.runCollect(Stream.take(texts.messages, 2))
   * })
   * const texts = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
   * assert.deepEqual([...texts], ["a number, please", "42"])
   */
  of: <In, Out>(
    connection: Connection,
    codecs: MessageCodecs<In, Out>,
    onInvalid: OnInvalid<Messages<In, Out>> = "close",
  ): Messages<In, Out> => {
    const typed: Messages<In, Out> = new TypedConnection(
      connection,
      codecs,
      whenInvalidOf(onInvalid, () => typed),
    )
    return typed
  },
} as const
