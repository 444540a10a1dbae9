import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import { type Connection, type MessageSource, messageSource } from "../connection/index.ts"
import { Codec, type CodecError, type ConnectionClosedError, type SendError } from "../domain/index.ts"
import type { ServerConnection } from "../server/index.ts"
import { sendAtOnce } from "./internal/sendAtOnce.ts"
import type { Messages } from "./Messages.ts"
import { messageStream, receiveMessage, runForEachMessage, type WhenInvalid } from "./receiveMessages.ts"

/** The parts of a connection that do not carry payloads. */
type Controls = Pick<
  Connection,
  | "local"
  | "remote"
  | "drained"
  | "peerEnded"
  | "draining"
  | "pause"
  | "resume"
  | "paused"
  | "pending"
  | "halfClose"
  | "close"
  | "reset"
  | "closeNotify"
  | "closed"
>

/** A connection that carries messages: it receives `In` and sends `Out`. It has no access to the raw payloads. */
export interface ProtocolConnection<In, Out> extends Messages<In, Out>, Controls {
  /** The source of the messages, which middleware can replace. */
  readonly [messageSource]: MessageSource
}

/** A connection of a server that carries messages: it receives `In` and sends `Out`. */
export interface ProtocolServerConnection<In, Out>
  extends ProtocolConnection<In, Out>,
    Pick<ServerConnection, "id" | "tls" | "attributes" | "join"> {
  /**
   * Sends one message to all other connections through the hub. The message is encoded once. Waits while the hub blocks
   * publishers.
   */
  readonly broadcast: (message: Out) => Effect.Effect<void, SendError | CodecError>
}

/** The codecs of a connection. Their services are already provided. */
export interface ConnectionCodecs<In, Out> {
  readonly receive: Codec.EffectCodec<In, never>
  readonly send: Codec.EffectCodec<Out, never>
}

/** Encodes a message, then runs an effect with the payload. */
export const encodeThen = <A, E, R, B, E2>(
  codec: Codec.EffectCodec<A, R>,
  message: A,
  use: (payload: Uint8Array) => Effect.Effect<B, E2>,
): Effect.Effect<B, E | E2 | CodecError, R> =>
  Effect.suspend((): Effect.Effect<B, E | E2 | CodecError, R> => {
    const payload = codec.encode(message)
    if (!Codec.isSettled(payload)) return Effect.flatMap(payload, use)
    return Either.isLeft(payload) ? Effect.fail(payload.left) : use(payload.right)
  })

/** Adds codecs to a connection. */
export class TypedConnection<In, Out, C extends Connection = Connection> implements ProtocolConnection<In, Out> {
  protected readonly connection: C
  protected readonly codecs: ConnectionCodecs<In, Out>
  private readonly whenInvalid: WhenInvalid
  readonly [messageSource]: MessageSource

  constructor(connection: C, codecs: ConnectionCodecs<In, Out>, whenInvalid: WhenInvalid) {
    this.connection = connection
    this.codecs = codecs
    this.whenInvalid = whenInvalid
    // The source counts the payloads from here on.
    this[messageSource] = connection[messageSource]
  }

  get receive(): Messages<In, Out>["receive"] {
    return receiveMessage(this[messageSource], this.codecs.receive, this.whenInvalid)
  }

  get messages(): Stream.Stream<In, ConnectionClosedError | CodecError> {
    return messageStream(this[messageSource], this.codecs.receive, this.whenInvalid)
  }

  get runForEach(): Messages<In, Out>["runForEach"] {
    return (f) => runForEachMessage(this[messageSource], this.codecs.receive, this.whenInvalid, f)
  }

  get send(): Messages<In, Out>["send"] {
    return (message) => encodeThen(this.codecs.send, message, this.connection.send)
  }

  get sendNow(): Messages<In, Out>["sendNow"] {
    return (message) => encodeThen(this.codecs.send, message, this.connection.sendNow)
  }

  get trySend(): Messages<In, Out>["trySend"] {
    return (message) => encodeThen(this.codecs.send, message, this.connection.trySend)
  }

  [sendAtOnce](message: Out): boolean | undefined | SendError | CodecError {
    const payload = this.codecs.send.encode(message)
    if (!Codec.isSettled(payload)) return undefined
    return Either.isLeft(payload) ? payload.left : this[messageSource].sendAtOnce(payload.right)
  }

  get local(): Connection["local"] {
    return this.connection.local
  }

  get remote(): Connection["remote"] {
    return this.connection.remote
  }

  get drained(): Connection["drained"] {
    return this.connection.drained
  }

  get peerEnded(): Connection["peerEnded"] {
    return this.connection.peerEnded
  }

  get draining(): Connection["draining"] {
    return this.connection.draining
  }

  get pause(): Connection["pause"] {
    return this.connection.pause
  }

  get resume(): Connection["resume"] {
    return this.connection.resume
  }

  get paused(): Connection["paused"] {
    return this.connection.paused
  }

  get pending(): Connection["pending"] {
    return this.connection.pending
  }

  get halfClose(): Connection["halfClose"] {
    return this.connection.halfClose
  }

  get close(): Connection["close"] {
    return this.connection.close
  }

  get reset(): Connection["reset"] {
    return this.connection.reset
  }

  get closeNotify(): Connection["closeNotify"] {
    return this.connection.closeNotify
  }

  get closed(): Connection["closed"] {
    return this.connection.closed
  }
}

/** Adds codecs to a connection of a server. */
export class TypedServerConnection<In, Out>
  extends TypedConnection<In, Out, ServerConnection>
  implements ProtocolServerConnection<In, Out>
{
  get id(): ServerConnection["id"] {
    return this.connection.id
  }

  get tls(): ServerConnection["tls"] {
    return this.connection.tls
  }

  get attributes(): ServerConnection["attributes"] {
    return this.connection.attributes
  }

  get join(): ServerConnection["join"] {
    return this.connection.join
  }

  get broadcast(): ProtocolServerConnection<In, Out>["broadcast"] {
    return (message) => encodeThen(this.codecs.send, message, this.connection.broadcast)
  }
}
