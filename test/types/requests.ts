// Type tests of requests and replies: `npm run typecheck` compiles this file, and no test runs it.
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CodecError, ConnectionClosedError, InvalidPayloadError } from "tcpfx/domain"
import { type Messages, type RequestError, Requests, type RequestTimeout } from "tcpfx/protocol"

const Told = Schema.TaggedStruct("Told", { id: Schema.Number, answer: Schema.String })
const News = Schema.TaggedStruct("News", { text: Schema.String })
type FromServer = typeof Told.Type | typeof News.Type
interface Ask {
  readonly id: number
  readonly what: string
}

declare const messages: Messages<FromServer, Ask>

export const byId = Effect.gen(function* () {
  const requests = yield* Requests.make(messages, {
    correlate: { idOf: (message) => (message._tag === "Told" ? message.id : undefined), nextId: Requests.counter() },
    timeout: "1 second",
  })
  // The predicate gives the reply its type.
  const told: typeof Told.Type = yield* requests.request((id) => ({ id, what: "time" }), Schema.is(Told))
  const any: FromServer = yield* requests.request((id) => ({ id, what: "time" }), undefined, { timeout: "2 seconds" })
  // @ts-expect-error: without a predicate the reply is any message
  const narrow: typeof Told.Type = yield* requests.request((id) => ({ id, what: "time" }))
  // @ts-expect-error: the request is no message of this side
  yield* requests.request((id) => ({ id }))
  // @ts-expect-error: a request needs the id
  yield* requests.request({ id: 1, what: "time" })
  return [told, any, narrow]
})

export const inOrder = Effect.gen(function* () {
  const requests = yield* Requests.make(messages, { correlate: "fifo", timeout: "1 second" })
  const reply: FromServer = yield* requests.request({ id: 1, what: "time" })
  // @ts-expect-error: requests in order have no ids
  yield* requests.request((id: number) => ({ id, what: "time" }))
  return reply
})

// @ts-expect-error: the deadline is required
export const withoutTimeout = Requests.make(messages, { correlate: "fifo" })

export const wrongId = Requests.make(messages, {
  // @ts-expect-error: the ids of requests and replies have the same type
  correlate: { idOf: (message) => (message._tag === "Told" ? message.id : undefined), nextId: () => "1" },
  timeout: "1 second",
})

export const errors: RequestError extends RequestTimeout | ConnectionClosedError | InvalidPayloadError | CodecError
  ? true
  : false = true
