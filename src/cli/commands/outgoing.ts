import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ClientSettings } from "../../client/index.ts"
import type { Connection } from "../../connection/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import { describeSkipped, inputPayloads } from "../input/inputPayloads.ts"
import type { CommandFailed } from "../process/exit.ts"
import { type Input, Stdio } from "../process/stdio.ts"

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

/** How the input becomes payloads. */
export interface OutgoingSettings extends Pick<ClientSettings, "frame" | "maxFrame"> {
  /** Whether a payload is of no use any more once it is sent: then raw input is read in large pieces into reused memory. */
  readonly lends: boolean
}

/** The texts of `--send`, or else standard input. */
export const makeOutgoing = (
  texts: ReadonlyArray<Uint8Array>,
  settings: OutgoingSettings,
): Effect.Effect<Outgoing, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const { frame, maxFrame } = settings
    let skippedLines = 0
    const source = texts.length > 0 ? undefined : yield* stdio.openInput
    const lends = settings.lends && frame.delimited === false
    if (lends) source?.readLarge(largeRead)
    const watched = source === undefined ? undefined : new Watched(source)
    const input =
      watched &&
      inputPayloads(watched, frame, maxFrame, (skipped) => {
        if (skipped.isWhole) skippedLines += skipped.lines
        stdio.say(`tcpfx: ${describeSkipped(skipped, maxFrame)}\n`)
      })
    let waiting: ReadonlyArray<Uint8Array> = texts
    // The place of the next payload: taking it out of the array would move all others.
    let at = 0
    let over = input === undefined
    const handed = { frames: 0, bytes: 0, untaken: 0 }

    const sendWaiting = (connection: Sink) => {
      const { drained } = connection
      return Effect.whileLoop({
        while: () => at < waiting.length,
        body: () => {
          const payload = waiting[at] ?? empty
          // An interruption between the two would send the payload again over the next connection.
          const handOver = Effect.uninterruptible(
            // Texts and lines were checked before.
            Effect.map(Effect.catchTag(connection.sendNow(payload), "InvalidPayloadError", Effect.die), () => {
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
          over = input === undefined || !(yield* input.more)
          at = 0
          waiting = over || input === undefined ? [] : input.take()
          yield* sendWaiting(connection)
          // The system has taken all of it.
          if (lends) for (const payload of waiting) source?.giveBack(payload)
        }
      })

    const idle: Outgoing["idle"] = (time) =>
      Effect.suspend(() => {
        const before = watched?.reads
        const isIdle = () => watched?.isReading === true && watched.reads === before
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

/** An input, with what it is doing. */
class Watched {
  private readonly input: Pick<Input, "read">
  reads = 0
  isReading = false

  constructor(input: Pick<Input, "read">) {
    this.input = input
  }

  readonly read: Input["read"] = (take) => {
    const reading = this.input.read((bytes) => {
      this.reads++
      this.isReading = false
      take(bytes)
    })
    return Effect.suspend(() => {
      this.isReading = true
      return reading
    })
  }
}

const largeRead = 1024 * 1024

const empty = new Uint8Array(0)
