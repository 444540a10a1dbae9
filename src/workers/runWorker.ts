import { Socket } from "node:net"
import { deserialize } from "node:v8"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Handler } from "../server/index.ts"
import { Channel } from "./internal/Channel.ts"
import type { HandedServer } from "./internal/HandedServer.ts"
import { channelDescriptor, type Report } from "./internal/messages.ts"
import { Kind } from "./internal/Records.ts"
import { serveHanded } from "./internal/serveHanded.ts"
import type { WorkerMode, WorkerSetup } from "./WorkerSetup.ts"

/** Makes the reactor of a mode. */
export type ReactorOf = (mode: WorkerMode, halfClosed: Handler.HalfClosed) => Handler.Reactor

/**
 * Runs this process as a worker of a `Crew`, until the main server asks it to end. The process also ends when the main
 * server has gone.
 */
export const runWorker = (reactorOf: ReactorOf): void => {
  // The main server alone handles signals. A terminal and a service manager send them to all processes of a group.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"]) process.on(signal, () => {})
  process.on("disconnect", () => process.exit(0))
  const socket = new Socket({ fd: channelDescriptor, readable: true, writable: true })
  socket.on("close", () => process.exit(0))
  const early: Array<readonly [kind: number, body: Buffer]> = []
  let server: HandedServer | undefined
  const channel: Channel = new Channel(socket, {
    onDrained: () => server?.onDrained(),
    onRecord: (kind, body) => {
      if (server !== undefined) server.onRecord(kind, body)
      else if (kind === Kind.setup) run(deserialize(body))
      else early.push([kind, body])
    },
  })

  const fail = (message: string): void => {
    channel.json({ is: "failed", message } satisfies Report)
    channel.whenWritten(() => process.exit(1))
  }
  process.on("uncaughtException", (error) => fail(error.message))

  const run = (setup: WorkerSetup): void => {
    const reactor = reactorOf(setup.mode, setup.halfClosed)
    const program = serveHanded(channel, setup, reactor, (handed) => {
      server = handed
      for (const [kind, body] of early.splice(0)) handed.onRecord(kind, body)
    })
    Effect.runFork(Effect.scoped(program)).addObserver((exit) => {
      if (exit._tag === "Failure") fail(Cause.pretty(exit.cause).split("\n", 1)[0] ?? "it failed")
      else channel.whenWritten(() => process.exit(0))
    })
  }
}
