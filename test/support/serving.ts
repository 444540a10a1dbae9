import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Client, type ClientSettings } from "../../src/client/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { type ConnectionClosedError, type Endpoint, tcpEndpoint } from "../../src/domain/index.ts"
import { type Handler, Server, type ServerOptions, type ServerSettings } from "../../src/server/index.ts"
import { MemoryTransport, NodeTransport, type Transport } from "../../src/transport/index.ts"
import { dialRaw, type RawPeerOptions } from "./rawPeer.ts"
import { record } from "./record.ts"

/** The loopback address with a port that the system chooses. */
export const anyPort = tcpEndpoint("127.0.0.1", 0)

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A listening server and a record of its events. `connect` and `connectRaw` wait until the server has accepted. */
export const serving = <E = never, R = never, RF = never>(
  handler: Handler.Handler<E, R>,
  settings: Partial<ServerSettings> = {},
  more: Pick<ServerOptions<E, R, RF>, "hub" | "onHandlerFailure"> = {},
) =>
  Effect.gen(function* () {
    const server = yield* Effect.catchTag(
      Server.make<E, R, RF>({ handler, settings, onHandlerFailure: () => Effect.void, ...more }),
      "SettingsError",
      Effect.die,
    )
    const events = yield* record(server.subscribeEvents({ frames: true, bufferBytes: 1024 ** 3 }))
    const { endpoint } = yield* server.listen(anyPort)
    let dialled = 0
    const accepted = Effect.suspend(() => events.first("ConnectionOpened", ++dialled))
    const connectTo = (target: Endpoint, clientSettings: Partial<ClientSettings> = {}) =>
      Effect.gen(function* () {
        const framing = settings.frame === undefined ? {} : { frame: settings.frame }
        const client = yield* Effect.orDie(Client.make({ ...framing, ...clientSettings }))
        return yield* client.connect(target)
      })
    const connect = (clientSettings: Partial<ClientSettings> = {}) =>
      Effect.zipLeft(connectTo(endpoint, clientSettings), accepted)
    const connectRaw = (options: RawPeerOptions = {}) => Effect.zipLeft(dialRaw(endpoint, options), accepted)
    return { server, events, endpoint, connect, connectRaw, connectTo }
  })

/** The next payload as text. Undefined after the FIN of the other side. */
export const receiveText = (connection: Connection): Effect.Effect<string | undefined, ConnectionClosedError> =>
  Effect.map(connection.receive, (payload) => Option.getOrUndefined(Option.map(payload, string)))

/** Receives payloads until there are `count` bytes or more. */
export const receiveBytes = (connection: Connection, count: number): Effect.Effect<Buffer, ConnectionClosedError> =>
  Effect.gen(function* () {
    const parts: Array<Uint8Array> = []
    let have = 0
    while (have < count) {
      const part = Option.getOrThrow(yield* connection.receive)
      parts.push(part)
      have += part.length
    }
    return Buffer.concat(parts)
  })

/** All bytes before the FIN of the other side. */
export const receiveAll = (connection: Connection): Effect.Effect<Buffer, ConnectionClosedError> =>
  Effect.gen(function* () {
    const parts: Array<Uint8Array> = []
    while (true) {
      const part = yield* connection.receive
      if (Option.isNone(part)) return Buffer.concat(parts)
      parts.push(part.value)
    }
  })

/** One promise, tested over the memory transport and over sockets. */
export const overEachTransport = <E>(
  promise: string,
  program: () => Effect.Effect<void, E, Scope.Scope | Transport>,
): void => {
  it.scopedLive(`${promise} (memory)`, () => Effect.provide(program(), MemoryTransport.layer()))
  it.scopedLive(`${promise} (tcp)`, () => Effect.provide(program(), NodeTransport.layer))
}
