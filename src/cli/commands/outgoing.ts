import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ClientSettings } from "../../client/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import type { Connection } from "../../transport/index.ts"
import type { CommandFailed } from "../exit.ts"
import { describeSkipped, inputPayloads } from "../inputPayloads.ts"
import { type Input, Stdio } from "../stdio.ts"

/** What is needed of a connection to send. */
type Sink = Pick<Connection, "drained" | "sendNow">

/** What one connection was given to send. */
export interface Handed {
  readonly frames: number
  /** Payload bytes. */
  readonly bytes: number
  /** Payload bytes of the last frame, if the system has not taken all of it. */
  readonly untaken: number
}

/** What is to be sent, over one connection or, when that is lost, over the next. */
export interface Outgoing {
  /**
   * Sends everything until the end of the input. A payload is given to one connection, whole, and never to a second one:
   * the next call goes on with the payload behind it.
   */
  readonly sendAll: (connection: Sink) => Effect.Effect<void, ConnectionClosedError | CommandFailed>
  /** Whether the input has ended and all of it was given to a connection. */
  readonly isDone: () => boolean
  /** What the connection of the last `sendAll` was given. */
  readonly handed: () => Handed
  /** Lines of standard input that were not sent because they are longer than `--max-frame`. */
  readonly skippedLines: () => number
  /** Waits until the input has been waited for, and nothing came from it, for so long. */
  readonly idle: (time: Duration.Duration) => Effect.Effect<void>
}

/** The texts of `--send`, or else standard input. */
export const makeOutgoing = (
  texts: ReadonlyArray<Uint8Array>,
  settings: Pick<ClientSettings, "frame" | "maxFrame">,
): Effect.Effect<Outgoing, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const scope = yield* Effect.scope
    const { frame, maxFrame } = settings
    let skippedLines = 0
    let reads = 0
    let isReading = false
    const watched = (input: Input): Input => ({
      read: Effect.suspend(() => {
        isReading = true
        return Effect.map(input.read, (chunk) => {
          isReading = false
          reads++
          return chunk
        })
      }),
    })
    const input =
      texts.length > 0
        ? undefined
        : inputPayloads(watched(yield* stdio.openInput), frame, maxFrame, (skipped) => {
            if (skipped.isWhole) skippedLines += skipped.lines
            stdio.say(`tcpfx: ${describeSkipped(skipped, maxFrame)}\n`)
          })
    let waiting: ReadonlyArray<Uint8Array> = texts
    // The place of the next payload: taking it out of the array would move all others.
    let at = 0
    let over = input === undefined
    const handed = { frames: 0, bytes: 0, untaken: 0 }

    // The read belongs to no connection: one that is lost while the input gives something must not take that with it.
    let reading: Fiber.Fiber<Option.Option<ReadonlyArray<Uint8Array>>, CommandFailed> | undefined
    const readMore = Effect.gen(function* () {
      if (input === undefined) return
      reading ??= yield* Effect.forkIn(input.next, scope)
      yield* Effect.map(Fiber.join(reading), (next) => {
        reading = undefined
        over = Option.isNone(next)
        waiting = Option.getOrElse(next, () => [])
        at = 0
      })
    })

    const sendWaiting = (connection: Sink) => {
      const { drained } = connection
      return Effect.whileLoop({
        while: () => at < waiting.length,
        body: () => {
          const payload = waiting[at] ?? empty
          // An interruption between the two would send the payload again over the next connection.
          const handOver = Effect.uninterruptible(
            Effect.map(connection.sendNow(payload), () => {
              at++
              handed.frames++
              handed.bytes += payload.length
              handed.untaken = payload.length
            }),
          )
          return Effect.zipRight(handOver, drained)
        },
        step: () => {
          handed.untaken = 0
        },
      })
    }

    const sendAll: Outgoing["sendAll"] = (connection) =>
      Effect.gen(function* () {
        Object.assign(handed, { frames: 0, bytes: 0, untaken: 0 })
        yield* sendWaiting(connection)
        while (!over) {
          yield* readMore
          yield* sendWaiting(connection)
        }
      })

    const idle: Outgoing["idle"] = (time) =>
      Effect.suspend(() => {
        const before = reads
        const isIdle = () => isReading && reads === before
        return Effect.flatMap(Effect.sleep(time), () => (isIdle() ? Effect.void : idle(time)))
      })

    return {
      sendAll,
      isDone: () => over && at === waiting.length,
      handed: () => handed,
      skippedLines: () => skippedLines,
      idle,
    }
  })

const empty = new Uint8Array(0)
