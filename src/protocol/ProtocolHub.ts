import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ProtocolFraming } from "../connection/index.ts"
import { protocolFrame } from "../connection/protocolFrame.ts"
import type { Codec, CodecError, InvalidPayloadError, SettingsError, SlowConsumerError } from "../domain/index.ts"
import type { HubService, HubSubscribeAsOptions } from "../hub/index.ts"

/** The messages on a hub. `R`: the services that the schema needs. */
export interface ProtocolHub<Message, R = never> {
  /**
   * Publishes one message to all connections and subscribers of the hub. The message is encoded once. Waits while
   * publishers are blocked.
   */
  readonly publish: (message: Message) => Effect.Effect<void, CodecError | InvalidPayloadError, R>
  /**
   * Subscribes at once: the stream gets every message published from now on. It ends with the scope or the hub. It fails
   * with `SlowConsumerError` when more than its budget is queued for it, and with `CodecError` after a payload that is no
   * message, unless `onInvalid` is given.
   */
  readonly subscribe: (
    options?: HubSubscribeAsOptions,
  ) => Effect.Effect<Stream.Stream<Message, SlowConsumerError | CodecError, R>, SettingsError, Scope.Scope>
}

/** The messages of a protocol on a hub. Fails if the hub has another framing. */
export const makeProtocolHub = <Message, R>(
  protocol: ProtocolFraming,
  codec: Codec.EffectCodec<Message, R>,
  hub: HubService,
): Either.Either<ProtocolHub<Message, R>, SettingsError> =>
  Either.map(protocolFrame(protocol, hub.framing, "hub", "the hub has"), () => ({
    publish: (message) => hub.publishAs(codec, message),
    subscribe: (options) => hub.subscribeAs(codec, options),
  }))
