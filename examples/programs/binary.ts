import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Client } from "tcpfx/client"
import { type EndpointInput, Framing } from "tcpfx/domain"
import { msgPack, Protocol, Requests } from "tcpfx/protocol"

const Add = Schema.TaggedStruct("Add", { id: Schema.Int, a: Schema.Number, b: Schema.Number })
const Echo = Schema.TaggedStruct("Echo", { id: Schema.Int, text: Schema.String })
const Reply = Schema.TaggedStruct("Reply", { id: Schema.Int, value: Schema.Union(Schema.Number, Schema.String) })

/** MessagePack in frames of up to 65535 bytes. Each frame begins with its length as two bytes, big-endian. */
export const Calculator = Protocol.make("calculator", {
  toServer: Schema.Union(Add, Echo),
  toClient: Reply,
  framing: Framing.lengthPrefixed({ field: "u16be" }),
  coding: msgPack,
})

const answer = (request: typeof Add.Type | typeof Echo.Type) =>
  request._tag === "Add" ? request.a + request.b : request.text

/** The handler of a server. It answers the requests of a client. An invalid message closes the connection. */
export const calculator = Calculator.handler((connection) =>
  connection.runForEach((request) => connection.send(Reply.make({ id: request.id, value: answer(request) }))),
)

/** Connects to a calculator. Any number of requests may wait for their replies at the same time. */
export const connect = (endpoint: EndpointInput) =>
  Effect.gen(function* () {
    const connection = yield* Client.connect(endpoint, Calculator)
    const { request } = yield* Requests.make(connection, {
      correlate: { idOf: (reply) => reply.id, nextId: Requests.counter() },
      timeout: "5 seconds",
    })
    const value = Effect.map((reply: typeof Reply.Type) => reply.value)
    return {
      add: (a: number, b: number) => value(request((id) => Add.make({ id, a, b }))),
      echo: (text: string) => value(request((id) => Echo.make({ id, text }))),
    }
  })
