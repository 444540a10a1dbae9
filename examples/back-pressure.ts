import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Framing } from "tcpfx/domain"
import { Handler, Server, ServerConfig } from "tcpfx/server"

/**
 * The settings of both servers. At most 256 KiB are queued for a client. A client that reads nothing for 30 s is reset.
 */
const settings = { frame: Framing.line, hubBudget: 256 * 1024, writeTimeout: "30 seconds" } as const

/** Publishes a price to all clients. A client that reads too slowly misses the oldest prices. */
export const Prices = Server.layer({ handler: Handler.discard() }).pipe(
  Layer.provide(ServerConfig.layer({ ...settings, listen: "127.0.0.1:0", slowConsumer: "drop-oldest" })),
)

/** Publishes one price to all clients of the server. It never waits for a slow client. */
export const publishPrice = (price: number) =>
  Effect.flatMap(Server, (server) => server.broadcast(new TextEncoder().encode(`${price}`)))

/**
 * Sends the state of a machine to each client, once per interval. A slow client skips states, so it gets the newest
 * state as soon as it reads again.
 */
export const machineStates = (state: Effect.Effect<string>, every: Duration.DurationInput) =>
  Effect.gen(function* () {
    const server = yield* Server.make({
      settings,
      handler: (connection) =>
        Effect.flatMap(state, (now) => connection.trySend(new TextEncoder().encode(now))).pipe(
          Effect.repeat(Schedule.spaced(every)),
          Effect.raceFirst(connection.peerEnded),
        ),
    })
    return yield* server.listen("127.0.0.1:0")
  })
