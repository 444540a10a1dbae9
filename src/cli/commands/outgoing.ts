import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ClientSettings } from "../../client/index.ts"
import type { Connection } from "../../connection/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import { describeSkipped, inputPayloads } from "../input/inputPayloads.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"
import type { CommandFailed } from "../process/exit.ts"
import { type Input, Stdio } from "../process/stdio.ts"
import type { Pace } from "../talk/Pace.ts"

/** The part of a connection that sending needs. */
type Sink = Pick<Connection, "drained" | "sendNow">

/** The payloads that one connection has accepted. */
export interface Handed {
  readonly frames: number
  /** The number of payload bytes. */
  readonly bytes: number
  /** The length of the last payload, in bytes, if the kernel has not accepted all of it. Otherwise 0. */
  readonly untaken: number
}

/** The input of a client. If a connection is lost, the next connection sends the rest. */
export interface Outgoing {
  /**
   * Sends everything until the end of the input. Each payload goes to one connection only: the next call continues with
   * the next payload. `pace` delays payloads, and `onSent` is called after each of them.
   */
  readonly sendAll: (
    connection: Sink,
    pace?: Pace,
    onSent?: () => void,
  ) => Effect.Effect<void, ConnectionClosedError | CommandFailed>
  /** Whether the input has ended and connections have accepted all of it. */
  readonly isDone: () => boolean
  /** The payloads that the connection of the last `sendAll` has accepted. */
  readonly handed: () => Handed
  /** The number of lines of standard input that were not sent, because they are too long or have no valid payload. */
  readonly unsentLines: () => number
  /** Waits until a read of the input has returned nothing for this time. */
  readonly idle: (time: Duration.Duration) => Effect.Effect<void>
}

/** The input of a client that reads no standard input. It has ended from the start. */
export const noOutgoing: Outgoing = {
  sendAll: () => Effect.void,
  isDone: () => true,
  handed: () => ({ frames: 0, bytes: 0, untaken: 0 }),
  unsentLines: () => 0,
  idle: () => Effect.void,
}

/** The input of a client that reads no standard input, because repeats send. It never ends. */
export const repeatedOutgoing: Outgoing = { ...noOutgoing, sendAll: () => Effect.never, isDone: () => false }

/** The settings of {@link makeOutgoing}. */
export interface OutgoingSettings extends Pick<ClientSettings, "frame" | "maxFrame"> {
  /** Whether nothing uses a payload after it is sent. Raw input is then read in large pieces into reused memory. */
  readonly lends: boolean
  readonly form: PayloadForm
  /** Whether each line is a payload of its own, also in raw framing, where a payload keeps its line end. */
  readonly byLine?: boolean
}

/** Makes the input of a client: the texts of `--send`, or else standard input. */
export const makeOutgoing = (
  texts: ReadonlyArray<Uint8Array>,
  settings: OutgoingSettings,
): Effect.Effect<Outgoing, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const { byLine = false, form, frame, maxFrame } = settings
    let unsentLines = 0
    const source = texts.length > 0 ? undefined : yield* stdio.openInput
    const lends = settings.lends && !byLine && frame.delimited === false && form.isPlain
    if (lends) source?.readLarge(largeRead)
    const watched = source === undefined ? undefined : new Watched(source)
    const input =
      watched &&
      inputPayloads(watched, {
        form,
        frame,
        maxFrame,
        byLine,
        onSkipped: (skipped) => {
          if (skipped.isWhole) unsentLines += skipped.lines
          stdio.tell("warn", describeSkipped(skipped, maxFrame))
        },
        onRefused: (message) => {
          unsentLines++
          stdio.tell("warn", message)
        },
      })
    let waiting: ReadonlyArray<Uint8Array> = texts
    // The index of the next payload. Removing payloads from the array would move all others.
    let at = 0
    let over = input === undefined
    const handed = { frames: 0, bytes: 0, untaken: 0 }

    const sendWaiting = (connection: Sink, pace: Pace | undefined, onSent: (() => void) | undefined) => {
      const { drained } = connection
      return Effect.whileLoop({
        while: () => at < waiting.length,
        body: () => {
          const payload = waiting[at] ?? empty
          // An interruption between the send and the count would send the payload again over the next connection.
          const handOver = Effect.uninterruptible(
            // The texts and lines are already checked.
            Effect.map(Effect.catchTag(connection.sendNow(payload), "InvalidPayloadError", Effect.die), () => {
              at++
              handed.frames++
              handed.bytes += payload.length
              handed.untaken = payload.length
            }),
          )
          const sent = Effect.zipRight(handOver, drained)
          return pace === undefined ? sent : Effect.zipRight(pace.next, sent)
        },
        step: () => {
          handed.untaken = 0
          onSent?.()
        },
      })
    }

    const sendAll: Outgoing["sendAll"] = (connection, pace, onSent) =>
      Effect.gen(function* () {
        Object.assign(handed, { frames: 0, bytes: 0, untaken: 0 })
        yield* sendWaiting(connection, pace, onSent)
        while (!over) {
          over = input === undefined || !(yield* input.more)
          at = 0
          waiting = over || input === undefined ? [] : input.take()
          yield* sendWaiting(connection, pace, onSent)
          // The kernel has accepted all of these payloads.
          if (lends) for (const payload of waiting) source?.recycle(payload)
        }
        if (pace !== undefined) yield* pace.last
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
      unsentLines: () => unsentLines,
      idle,
    }
  })

/** An input that counts its reads, and records whether a read is waiting. */
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
