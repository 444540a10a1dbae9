import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ClientService } from "../../client/index.ts"
import { type ClientEvent, Framing, formatConnectionId, type ServerEvent } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import { recipients } from "../output/serverText.ts"
import type { EventLog } from "./EventLog.ts"
import type { LossReport } from "./LossReport.ts"
import { mostWaiting, type TrafficFiles } from "./TrafficFiles.ts"

/** The files that a command writes while it runs. */
export interface Logs {
  /** Records a server. `frames`: whether the log of events has the received and sent frames. */
  readonly watchServer: (server: ServerService, framing: Framing.Framing, frames: boolean) => Effect.Effect<void>
  readonly watchClient: (client: ClientService, framing: Framing.Framing) => Effect.Effect<void>
  /** Begins to write. Before this call, the files keep the content that they had. */
  readonly begin: Effect.Effect<void>
  /**
   * Writes the rest after the server or client has ended. Stops when nothing could be written for `patience`. Returns
   * whether the files are complete.
   */
  readonly finish: (patience: Duration.Duration) => Effect.Effect<boolean>
  /** Opens all files again by their names. */
  readonly reopen: Effect.Effect<void>
  /** Whether nothing can be written at the moment: all data is written, or the next attempt is not due. */
  readonly isIdle: () => boolean
}

/** The parts of {@link Logs}. */
export interface LogParts {
  readonly raw: TrafficFiles | undefined
  readonly hex: TrafficFiles | undefined
  readonly events: EventLog | undefined
  readonly reports: ReadonlyArray<LossReport>
}

// The minimum of `patience`, and the time between two checks, in milliseconds.
const leastPatience = 500
const lookInterval = 50

/** A command without files. */
export const noLogs: Logs = {
  watchServer: () => Effect.void,
  watchClient: () => Effect.void,
  begin: Effect.void,
  finish: () => Effect.succeed(true),
  reopen: Effect.void,
  isIdle: () => true,
}

/** Makes the logs of a command. They record until `finish`. */
export const makeLogs = ({ events, hex, raw, reports }: LogParts): Effect.Effect<Logs> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const traffic = [raw, hex].filter((files) => files !== undefined)
    const running: Array<Fiber.Fiber<void>> = []
    let log: Stream.Stream<ServerEvent | ClientEvent> | undefined
    let end: boolean | undefined

    const subscription = (frames: boolean) => ({ frames, bufferBytes: mostWaiting, overflow: "drop-frames" }) as const
    const observeServer = (server: ServerService, framing: Framing.Framing) => {
      if (traffic.length === 0) return Effect.void
      return server.observe({
        onRun: (id, run) => {
          raw?.add(id, run, "")
          hex?.add(id, run, `${formatConnectionId(id)} <`)
        },
        onSent:
          hex === undefined
            ? undefined
            : (to, payload) => {
                const wire = Framing.wireOf(framing, payload)
                if (!hex.isPerClient) return hex.add(0, wire, `${recipients(to)} >`)
                for (const id of to) hex.add(id, wire, `${formatConnectionId(id)} >`)
              },
        onEvent: traffic.some(({ isPerClient }) => isPerClient)
          ? (event) => {
              if (event._tag === "ConnectionClosed") for (const files of traffic) files.end(event.id)
            }
          : undefined,
      })
    }

    const progress = () => traffic.reduce((sum, files) => sum + files.progress, events?.progress ?? 0)
    const untilStuck = (patience: number) =>
      Effect.gen(function* () {
        let before = progress()
        let since = performance.now()
        while (performance.now() - since < patience) {
          yield* Effect.sleep(lookInterval)
          if (progress() === before) continue
          before = progress()
          since = performance.now()
        }
      })

    const finish = (patience: Duration.Duration) =>
      Effect.gen(function* () {
        if (end !== undefined) return end
        for (const files of traffic) files.finish()
        const done = Effect.interruptible(Effect.forEach(running, Fiber.await, { discard: true }))
        const most = Math.max(leastPatience, Duration.toMillis(patience))
        const stuck = Effect.interruptible(untilStuck(most))
        const isDone = yield* Effect.raceFirst(Effect.as(done, true), Effect.as(stuck, false))
        if (!isDone) {
          // The log of events then counts the events that it cannot write.
          if (events !== undefined) yield* events.abandon
          for (const files of traffic) files.giveUp()
          const atMost = Effect.interruptible(Effect.sleep(leastPatience))
          yield* Effect.raceFirst(done, atMost)
          if (events !== undefined) yield* Effect.raceFirst(Effect.interruptible(events.cutTornLine), atMost)
        }
        yield* Scope.close(scope, Exit.void)
        end = reports.map((report) => report.end()).every((isComplete) => isComplete)
        return end
      })

    return {
      watchServer: (server, framing, frames) =>
        Effect.gen(function* () {
          yield* observeServer(server, framing)
          if (events !== undefined) log = yield* server.subscribeEvents(subscription(frames))
        }).pipe(Effect.orDie, Scope.extend(scope)),
      watchClient: (client, framing) =>
        Effect.gen(function* () {
          if (traffic.length > 0) {
            yield* client.observe({
              onRun: (run) => {
                raw?.add(0, run, "")
                hex?.add(0, run, "<")
              },
              onSent: hex === undefined ? undefined : (payload) => hex.add(0, Framing.wireOf(framing, payload), ">"),
            })
          }
          if (events !== undefined) log = yield* client.subscribeEvents(subscription(true))
        }).pipe(Effect.orDie, Scope.extend(scope)),
      begin: Effect.gen(function* () {
        for (const files of traffic) running.push(yield* Effect.forkIn(files.run, scope))
        if (events !== undefined && log !== undefined) running.push(yield* Effect.forkIn(events.run(log), scope))
      }),
      finish,
      reopen: Effect.forEach([...traffic, ...(events === undefined ? [] : [events])], (files) => files.reopen, {
        discard: true,
      }),
      isIdle: () => traffic.every((files) => files.isIdle()) && (events?.isIdle() ?? true),
    }
  })
