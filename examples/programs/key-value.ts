import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Client } from "tcpfx/client"
import { Codec, type EndpointInput } from "tcpfx/domain"
import { Protocol, Requests } from "tcpfx/protocol"
import { Server } from "tcpfx/server"

/** Requests and replies are lines. Each reply is `OK`, `= value`, `NIL key` or `ERR problem`. */
export const KeyValue = Protocol.make("key-value", { toServer: Codec.text, toClient: Codec.text })

const answer = (store: Map<string, string>, line: string): string => {
  const [command, key, ...words] = line.split(" ")
  switch (command) {
    case "SET":
      if (!key || words.length === 0) return "ERR SET key value"
      store.set(key, words.join(" "))
      return "OK"
    case "GET":
      if (!key) return "ERR GET key"
      return store.has(key) ? `= ${store.get(key)}` : `NIL ${key}`
    case "DEL":
      if (!key) return "ERR DEL key"
      return store.delete(key) ? "OK" : `NIL ${key}`
    case "KEYS":
      return `= ${[...store.keys()].sort().join(" ")}`
    default:
      return `ERR unknown command ${command}`
  }
}

/** A server whose clients share one store. */
export const makeServer = Effect.suspend(() => {
  const store = new Map<string, string>()
  return Server.make({
    protocol: KeyValue,
    handler: (connection) =>
      connection.runForEach((line) =>
        connection
          .send(answer(store, line))
          .pipe(Effect.catchTag("InvalidPayloadError", () => connection.send("ERR the reply is too long for a line"))),
      ),
    onInvalid: (error, connection) => connection.send(`ERR ${error.problem}`),
  })
})

/** The server answered a request with `NIL key` or `ERR problem`. */
export class RequestFailed extends Schema.TaggedError<RequestFailed>()("RequestFailed", { reply: Schema.String }) {}

/** A client of one connection. Any number of requests may wait for their replies, which come in order. */
export const makeClient = Effect.fn("keyValue.makeClient")(function* (
  endpoint: EndpointInput,
  timeout: Duration.DurationInput,
) {
  const client = yield* Client.make()
  const requests = yield* Requests.make(yield* client.connect(endpoint, KeyValue), { correlate: "fifo", timeout })
  return {
    request: (line: string) =>
      Effect.filterOrFail(
        requests.request(line),
        (reply) => reply === "OK" || reply.startsWith("="),
        (reply) => new RequestFailed({ reply }),
      ),
  }
})
