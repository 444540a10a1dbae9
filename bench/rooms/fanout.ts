// A server in its own process that publishes to its members in one of several ways. The parent process runs the peers.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Framing, tcpEndpoint } from "tcpfx/domain"
import { Hub } from "tcpfx/hub"
import { type RoomMembership, Rooms } from "tcpfx/rooms"
import { Server, type ServerConnection } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"

export const ways = [
  "hub of the server, by the program",
  "room, by the program",
  "hub of the server, by a member",
  "room, by a member",
  "own hub, `subscribe` and `sendAll`",
] as const
export type Way = (typeof ways)[number]

/** The load of a measurement. The members receive all messages. A member that publishes receives none. */
export const load = { members: 30, messages: 20_000, bytes: 100, perTurn: 100 }

/** A message of the process to its parent. */
export type FromServer =
  | { readonly _tag: "Listening"; readonly port: number }
  | { readonly _tag: "Used"; readonly cpuMillis: number }

const tell = (message: FromServer): void => {
  process.send?.(message)
}

const nextTurn: Effect.Effect<void> = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Serves one measurement, and ends when the parent disconnects. */
export const serveFanout = (way: Way): Promise<void> => {
  const { bytes, members, messages, perTurn } = load
  const byMember = way.endsWith("by a member")
  const payload = new Uint8Array(bytes - 1).fill(97)
  const budgetBytes = 64 * 1024 * 1024

  const program = Effect.gen(function* () {
    const rooms = yield* Rooms.make({ framing: Framing.line, budgetBytes })
    const hub = yield* Hub.make({ framing: Framing.line, budgetBytes })
    const ready = yield* Deferred.make<void>()
    const done = yield* Deferred.make<void>()
    let present = 0

    const repeat = <E>(publish: Effect.Effect<unknown, E>): Effect.Effect<void, E> =>
      Effect.gen(function* () {
        const before = process.cpuUsage()
        const turn = Effect.replicateEffect(publish, perTurn, { discard: true })
        for (let sent = 0; sent < messages; sent += perTurn) yield* Effect.zipRight(turn, nextTurn)
        yield* Deferred.await(done)
        const { system, user } = process.cpuUsage(before)
        tell({ _tag: "Used", cpuMillis: (user + system) / 1000 })
      })

    const serve = (connection: ServerConnection) =>
      Effect.gen(function* () {
        let room: RoomMembership<undefined> | undefined
        if (way.startsWith("room")) room = yield* rooms.join(connection, "room")
        present++
        // If a member publishes, the last connection is the publisher.
        if (byMember && present > members) {
          const publish = room === undefined ? connection.broadcast : room.publish
          return yield* repeat(publish(payload))
        }
        if (way.startsWith("own hub")) {
          const frames = yield* hub.subscribe()
          if (present === members) yield* Deferred.succeed(ready, undefined)
          return yield* connection.sendAll(Stream.map(frames, (frame) => frame.bytes))
        }
        if (present === members) yield* Deferred.succeed(ready, undefined)
        yield* connection.closed
      })

    const server = yield* Server.make({ settings: { frame: Framing.line, hubBudget: budgetBytes }, handler: serve })
    const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
    process.on("message", () => Effect.runSync(Deferred.succeed(done, undefined)))
    if (endpoint._tag === "Tcp") tell({ _tag: "Listening", port: endpoint.port })
    if (!byMember) {
      yield* Deferred.await(ready)
      const publish = way.startsWith("hub")
        ? server.broadcast(payload)
        : way.startsWith("room")
          ? rooms.publishTo("room", payload)
          : hub.publish(payload)
      yield* repeat(publish)
    }
    yield* Effect.async<void>((resume) => {
      process.once("disconnect", () => resume(Effect.void))
    })
  })
  return Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeTransport.layer)))
}
