import * as Effect from "effect/Effect"
import { type Connection, messageSource, type ProtocolFraming, type ProtocolSide } from "../../connection/index.ts"
import { protocolFrame } from "../../connection/protocolFrame.ts"
import { Codec } from "../../domain/index.ts"
import { type WhenInvalid, whenInvalidOf } from "../receiveMessages.ts"
import type { ConnectionCodecs } from "../TypedConnection.ts"

/** A codec whose services are there. */
export const provided = <A, R>(codec: Codec.EffectCodec<A, R>): Effect.Effect<Codec.EffectCodec<A, never>, never, R> =>
  Effect.map(Effect.context<R>(), (context) => {
    const provide = <B, E>(result: Effect.Effect<B, E, R>): Effect.Effect<B, E> =>
      Codec.isSettled(result) ? result : Effect.provide(result, context)
    return {
      name: codec.name,
      encode: (value) => provide(codec.encode(value)),
      decode: (payload) => provide(codec.decode(payload)),
    }
  })

/**
 * A connection with another framing is a defect: a handler was wrapped by a function that has lost the protocol, so the
 * server could not check the framing.
 */
const checkFrame = (protocol: ProtocolFraming, connection: Connection): Effect.Effect<void> =>
  Effect.orDie(protocolFrame(protocol, connection[messageSource].framing, "frame", "the connection has"))

/** Makes one side of a protocol: `attach` makes a typed connection with codecs whose services are there. */
export const makeSide = <Raw extends Connection, In, Out, C, R>(
  protocol: ProtocolFraming,
  receive: Codec.EffectCodec<In, R>,
  send: Codec.EffectCodec<Out, R>,
  attach: (connection: Raw, codecs: ConnectionCodecs<In, Out>, whenInvalid: WhenInvalid) => C,
): ProtocolSide<Raw, C, R> => ({
  attach: (connection, onInvalid) =>
    Effect.zipWith(
      provided(receive),
      Effect.zipLeft(provided(send), checkFrame(protocol, connection)),
      (receiving, sending) => {
        const attached: C = attach(
          connection,
          { receive: receiving, send: sending },
          whenInvalidOf(onInvalid, () => attached),
        )
        return attached
      },
    ),
})
