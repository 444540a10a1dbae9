import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ProtocolFraming } from "../connection/index.ts"
import { protocolFrame } from "../connection/protocolFrame.ts"
import type { Codec, CodecError, InvalidPayloadError, SettingsError, SlowConsumerError } from "../domain/index.ts"
import type { HubService, HubSubscribeAsOptions } from "../hub/index.ts"

/** The typed side of a hub: it publishes and receives messages. `R`: the services that the schema needs. */
export interface ProtocolHub<Message, R = never> {
  /**
   * Publishes one message to all connections and subscribers of the hub. The message is encoded once. Waits while the
   * hub blocks publishers.
   */
  readonly publish: (message: Message) => Effect.Effect<void, CodecError | InvalidPayloadError, R>
  /**
   * Subscribes at once: the stream gets every message published from now on. It ends with the scope or the hub. It
   * fails with `SlowConsumerError` when more bytes than its budget are queued for it. It fails with `CodecError` after
   * a payload that the codec cannot decode, unless `onInvalid` is given.
   */
  readonly subscribe: (
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<Message, SlowConsumerError | CodecError, R>, SettingsError, Scope.Scope>
}

/** Makes the typed side of a hub. Fails if the framing of the hub is not the framing of the protocol. */
export const makeProtocolHub = <Message, R>(
  protocol: ProtocolFraming,
  codec: Codec.EffectCodec<Message, R>,
  hub: HubService,
): Either.Either<ProtocolHub<Message, R>, SettingsError> =>
  Either.map(protocolFrame(protocol, hub.framing, "hub", "the hub has"), () => ({
    publish: (message) => hub.publishAs(codec, message),
    subscribe: (options) => hub.subscribeAs(codec, options),
  }))
