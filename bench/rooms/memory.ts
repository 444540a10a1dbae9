// Measures the memory of rooms. Many connections over the memory transport each join many rooms.
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { Client } from "tcpfx/client"
import { Framing, tcpEndpoint } from "tcpfx/domain"
import { type RoomMembership, Rooms } from "tcpfx/rooms"
import { Server } from "tcpfx/server"
import { MemoryTransport } from "tcpfx/transport"

/** The number of rooms, of members of each room, and of rooms of each connection. */
export const memoryLoad = { rooms: 10_000, members: 3, roomsOfConnection: 100 }

const heapUsed = (collect: () => void): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/**
 * Returns the retained heap per room with its members, in bytes: after the joins, and after each member has published a
 * message.
 */
export const measureMemory = (collect: () => void): Promise<{ readonly joined: number; readonly used: number }> => {
  const { members, rooms: count, roomsOfConnection } = memoryLoad
  const connections = (count * members) / roomsOfConnection
  const program = Effect.gen(function* () {
    const rooms = yield* Rooms.make({ framing: Framing.line })
    const arrived = yield* Queue.unbounded<Effect.Effect<ReadonlyArray<RoomMembership<undefined>>, unknown>>()
    const server = yield* Server.make({
      settings: { frame: Framing.line },
      handler: (connection) =>
        Effect.gen(function* () {
          const scope = yield* Effect.scope
          const place = connection.id - 1
          const names = Array.from(
            { length: roomsOfConnection },
            (_, at) => `room ${(place * roomsOfConnection + at) % count}`,
          )
          const joins = Effect.forEach(names, (name) => rooms.join(connection, name))
          yield* Queue.offer(arrived, Effect.provideService(joins, Scope.Scope, scope))
          yield* connection.closed
        }),
    })
    const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
    const client = yield* Client.make({ frame: Framing.line })
    const peers = yield* Effect.replicateEffect(client.connect(endpoint), connections)
    for (const peer of peers) yield* Effect.forkScoped(peer.runForEach(() => Effect.void))
    const joins = yield* Effect.replicateEffect(Queue.take(arrived), connections)
    const before = heapUsed(collect)
    const memberships = (yield* Effect.all(joins)).flat()
    const joined = heapUsed(collect)
    yield* Effect.forEach(memberships, (room) => room.publish(new Uint8Array(10).fill(97)))
    yield* Effect.sleep("1 second")
    const used = heapUsed(collect)
    return { joined: (joined - before) / count, used: (used - before) / count }
  })
  return Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
}
