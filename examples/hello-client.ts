import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Client } from "tcpfx/client"
import { Codec, type Endpoint } from "tcpfx/domain"

/** Sends a greeting and returns the answer. */
export const hello = (endpoint: Endpoint) =>
  Effect.gen(function* () {
    const client = yield* Client.make()
    const connection = yield* client.connect(endpoint)
    yield* connection.send(yield* Codec.text.encode("Hello, server!"))
    const answer = yield* connection.receive
    return yield* Option.match(answer, { onNone: () => Effect.succeed(""), onSome: Codec.text.decode })
  }).pipe(Effect.scoped)
