import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * A stream of what an effect gives, again and again, until it gives none. It is `Stream.repeatEffectChunkOption` in the
 * fewest steps that a channel can do: half of its cost for each pull.
 */
export const pullStream = <A, E>(pull: Effect.Effect<Chunk.Chunk<A> | undefined, E>): Stream.Stream<A, E> => {
  const pulls: Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown> = Channel.flatMap(
    Channel.fromEffect(pull),
    (chunk) => (chunk === undefined ? Channel.void : Channel.flatMap(Channel.write(chunk), () => pulls)),
  )
  return Stream.fromChannel(pulls)
}
