import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "tcpfx/client"
import { Codec, type EndpointInput, Framing } from "tcpfx/domain"

/**
 * Asks one question, as finger and whois do: sends the question, half-closes the connection, and reads the answer up to
 * the FIN of the server.
 */
export const ask = (server: EndpointInput, question: string) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: Framing.line })
    const connection = yield* client.connect(server)
    yield* connection.sendText(question)
    yield* connection.halfClose
    const lines = yield* Stream.runCollect(Stream.mapEffect(connection.frames, Codec.text.decode))
    const { reason } = yield* connection.closed
    return { lines: [...lines], reason }
  }).pipe(Effect.scoped)

/**
 * Stays connected until the scope ends. After each loss it connects again, logs in, and sends the queued messages of
 * the outbox.
 */
export const follow = (server: EndpointInput, name: string) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: Framing.line, keepalive: "30 seconds" })
    return yield* client.session(server, {
      outboxBytes: 64 * 1024,
      whenFull: "drop-oldest",
      reconnect: { baseDelay: "100 millis", maxDelay: "10 seconds" },
      onConnect: (connection) =>
        Effect.gen(function* () {
          yield* connection.sendText(`LOGIN ${name}`)
          const reply = yield* Effect.flatten(connection.receive).pipe(Effect.timeout("5 seconds"))
          if ((yield* Codec.text.decode(reply)) !== "OK") yield* Effect.fail("the server refuses the login")
        }),
    })
  })
