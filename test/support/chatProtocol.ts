import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Framing, type ServerEvent } from "../../src/domain/index.ts"
import { msgPack, Protocol } from "../../src/protocol/index.ts"

export const Say = Schema.TaggedStruct("Say", { text: Schema.String })
export const Heard = Schema.TaggedStruct("Heard", { from: Schema.Number, text: Schema.String })

/** A protocol of lines of JSON. */
export const Chat = Protocol.make("chat", { toServer: Say, toClient: Heard })

/** The same messages in MessagePack, in frames with a length. */
export const Packed = Protocol.make("packed", {
  toServer: Say,
  toClient: Heard,
  coding: msgPack,
  framing: Framing.lengthPrefixed({ field: "u32be" }),
})

/** The line of a message to the server, and a line that is no message. */
export const good = (text: string) => `{"_tag":"Say","text":"${text}"}\n`
export const bad = `{"_tag":"Say","text":5}\n`

/** Collects a number of messages. */
export const take = <A, E, R>(stream: Stream.Stream<A, E, R>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

/** The events of bad messages, in order, until the connection has closed. */
export const untilClosed = (events: Stream.Stream<ServerEvent>) =>
  Effect.map(
    Stream.runCollect(
      Stream.takeUntil(
        Stream.filter(events, ({ _tag }) => _tag === "MessageInvalid" || _tag === "ConnectionClosed"),
        ({ _tag }) => _tag === "ConnectionClosed",
      ),
    ),
    Chunk.toReadonlyArray,
  )
