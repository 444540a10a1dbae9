// Type tests of the test kit: `npm run typecheck` compiles this file, and no test runs it.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Client } from "tcpfx/client"
import type { ListenError, ServerEvent, SettingsError } from "tcpfx/domain"
import { Protocol } from "tcpfx/protocol"
import { Handler, Server } from "tcpfx/server"
import { Testing, type VirtualNetwork } from "tcpfx/testing"

class Db extends Context.Tag("test/Db")<Db, { readonly find: Effect.Effect<string> }>() {}

// The layer needs the services of the handler, and no transport.
export const needy: Layer.Layer<Server | Client | VirtualNetwork, ListenError | SettingsError, Db> = Testing.layer({
  handler: () => Effect.asVoid(Effect.all([Server, Db])),
})
export const plain: Layer.Layer<Server | Client | VirtualNetwork, ListenError | SettingsError> = Testing.layer({
  handler: Handler.echo(),
  network: { link: { latency: "1 second", chunkBytes: [1, 10] } },
})

const Sums = Protocol.make("sums", { toServer: Schema.Number, toClient: Schema.String })

export const typed = Testing.layer({
  protocol: Sums,
  handler: (connection) => connection.runForEach((number) => connection.send(`${number + 1}`)),
})

export const program = Effect.gen(function* () {
  const connection = yield* Testing.connect(Sums)
  yield* connection.send(1)
  // @ts-expect-error the client sends numbers
  yield* connection.send("1")
  // @ts-expect-error a typed connection has no payloads
  connection.frames
})

export const patterns = (events: Testing.EventProbe<ServerEvent>) =>
  Effect.gen(function* () {
    const closed = yield* events.one("ConnectionClosed", ({ reason }) => reason._tag === "IdleTimeout")
    const { bytesIn }: { readonly bytesIn: number } = closed
    yield* events.expectInOrder("Listening", { _tag: "ConnectionClosed", reason: { _tag: "PeerClosed" }, bytesIn })
    // @ts-expect-error a server has no such event
    yield* events.one("Connected")
    // @ts-expect-error the event has no such field
    yield* events.expectInOrder({ _tag: "Listening", bytesIn: 1 })
  })
