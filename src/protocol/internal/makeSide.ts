import * as Effect from "effect/Effect"
import { type Connection, messageSource, type ProtocolFraming, type ProtocolSide } from "../../connection/index.ts"
import { protocolFrame } from "../../connection/protocolFrame.ts"
import { Codec } from "../../domain/index.ts"
import { type WhenInvalid, whenInvalidOf } from "../receiveMessages.ts"
import type { ConnectionCodecs } from "../TypedConnection.ts"

/** Provides the services of a codec from the context. */
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
 * Dies if the connection has another framing than the protocol. This happens when a function wraps the handler of a
 * protocol and drops its `protocol` field, so the server could not check the framing at its start.
 */
const checkFrame = (protocol: ProtocolFraming, connection: Connection): Effect.Effect<void> =>
  Effect.orDie(protocolFrame(protocol, connection[messageSource].framing, "frame", "the connection has"))

/**
 * Makes one side of a protocol. `attach` makes the typed connection. The services of its codecs are already provided.
 */
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
