import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../connection/index.ts"
import { ConnectionClosedError, closeReasons, Framing, formatMillis } from "../../domain/index.ts"
import { type CommandFailed, networkError } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"
import { fateOfSent } from "./fateOfSent.ts"
import type { Losses } from "./Losses.ts"
import type { Outgoing } from "./outgoing.ts"

// After the server's FIN, an input that pauses for this time counts as ended.
const inputPause = Duration.millis(500)

// With `--once` in raw framing, a reply ends when the server sends nothing for this time.
const replyPause = Duration.millis(50)

// A server that sends FIN without an answer within this time after our FIN has probably closed because of our FIN.
const finReaction = Duration.seconds(1)

// An input up to this size, in bytes, counts as a request. A longer input counts as an upload.
const longestRequest = 64 * 1024

const finHint = "many servers close at the FIN that follows the end of the input; --no-shutdown sends no FIN"

const cutShort = (peer: string) => `the ${peer} ended TLS without close_notify; its data may be incomplete`

/** The rules of a conversation. */
export interface ConverseOptions {
  readonly outgoing: Outgoing
  /** The side to which the peer belongs, for messages. */
  readonly peer: "server" | "client"
  /**
   * Whether the conversation writes received bytes to standard output unchanged. If not, the caller prints them from the
   * events of the connection.
   */
  readonly raw: boolean
  /** Whether the conversation ends after the first reply: one frame, or in raw framing all bytes until a pause. */
  readonly once: boolean
  /** Whether the end of the input sends FIN. "after data": not if the input was empty. */
  readonly shutdown: "always" | "after data" | "never"
  /** Whether a note names `--no-shutdown` if the server closes right after our FIN without an answer. */
  readonly explainsFin: boolean
  /** The time that the client waits for the server to close after the end of the input. */
  readonly quit: Option.Option<Duration.Duration>
  /**
   * Counts the input that lost connections had sent. Undefined without `--reconnect`, because a lost connection then
   * ends the command.
   */
  readonly losses: Losses | undefined
  readonly frame: Framing.Framing
}

type Failure = ConnectionClosedError | CommandFailed | OutputClosed | OutputFailed
type Sending = Fiber.Fiber<void, ConnectionClosedError | CommandFailed>

/** The state of one conversation. */
interface Talk {
  replies: number
  /** The time of our FIN, in milliseconds of the monotonic clock. */
  finAt: number | undefined
}

/**
 * Sends and receives, and passes each frame to `onFrame`, until the server's FIN, or with `once` until the first reply.
 * Succeeds only if no data was cut off.
 */
export const converse =
  (options: ConverseOptions) =>
  (
    connection: Connection,
    onFrame?: (frame: Uint8Array) => Effect.Effect<void>,
  ): Effect.Effect<void, Failure, Stdio | Scope.Scope> =>
    Effect.gen(function* () {
      const { losses, once, outgoing, peer } = options
      const talk: Talk = { replies: 0, finAt: undefined }
      const receiving = yield* Effect.forkScoped(receive(connection, options, talk, onFrame))
      const sending = yield* Effect.forkScoped(
        Effect.zipRight(
          outgoing.sendAll(connection),
          Effect.suspend(() => (sendsFin(options) ? sendFin(connection, talk) : Effect.void)),
        ),
      )
      const ended = Effect.gen(function* () {
        yield* Effect.raceFirst(Fiber.join(receiving), cutOff(sending, options))
        if (once && talk.replies > 0) {
          // A line is always complete. A raw reply lasts until the server pauses or closes.
          const isCut = options.frame.delimited === false && (yield* connection.closeNotify) === false
          return isCut ? yield* networkError(cutShort(peer)) : undefined
        }
        if (losses !== undefined && !outgoing.isDone()) {
          return yield* new ConnectionClosedError({ reason: closeReasons.peerClosed })
        }
        const isFinTaken = yield* isFinTakenForEnd(outgoing, talk)
        if (once)
          return yield* networkError(
            `the server closed the connection without a reply${isFinTaken ? `; ${finHint}` : ""}`,
          )
        if (isFinTaken && options.explainsFin)
          (yield* Stdio).say(
            `tcpfx: the server took the input and closed without an answer; if an answer is missing: ${finHint}\n`,
          )
        yield* finishInput(sending, options)
        if ((yield* connection.closeNotify) === false) return yield* networkError(cutShort(peer))
      })
      yield* losses === undefined
        ? ended
        : Effect.tapErrorTag(ended, "ConnectionClosedError", (error) =>
            tellLoss(error, connection, sending, outgoing, losses),
          )
    })

const elapsedMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

const sendsFin = ({ outgoing, shutdown }: ConverseOptions): boolean =>
  shutdown === "always" || (shutdown === "after data" && outgoing.handed().frames > 0)

const sendFin = (connection: Connection, talk: Talk) =>
  Effect.zipRight(
    Effect.map(elapsedMillis, (now) => {
      talk.finAt = now
    }),
    connection.halfClose,
  )

const receive = (
  connection: Connection,
  options: ConverseOptions,
  talk: Talk,
  onFrame: ((frame: Uint8Array) => Effect.Effect<void>) | undefined,
) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const take = (payload: Uint8Array, recycle: () => void = constVoid) => {
      talk.replies++
      const written = options.raw ? stdio.writeLent(Framing.wireOf(options.frame, payload), recycle) : Effect.void
      return onFrame === undefined ? written : Effect.zipRight(onFrame(payload), written)
    }
    yield* options.once ? receiveReply(connection, options.frame, take) : connection.runForEachLent(take)
  })

/** Receives one reply: one frame, or in raw framing, where frames have no end, all bytes until the server pauses. */
const receiveReply = <E>(
  connection: Connection,
  framing: Framing.Framing,
  take: (payload: Uint8Array) => Effect.Effect<void, E>,
): Effect.Effect<void, E | ConnectionClosedError> =>
  Effect.gen(function* () {
    let next = yield* connection.receive
    while (Option.isSome(next)) {
      yield* take(next.value)
      if (framing.delimited !== false || framing.pause !== undefined) return
      next = Option.flatten(yield* Effect.timeoutOption(connection.receive, replyPause))
    }
  })

/**
 * Whether the server sent FIN right after our FIN, without an answer to a short input. Many servers accept a longer
 * input, an upload, without an answer.
 */
const isFinTakenForEnd = (outgoing: Outgoing, { finAt, replies }: Talk) =>
  Effect.map(elapsedMillis, (now) => {
    const { bytes, frames } = outgoing.handed()
    if (finAt === undefined || replies > 0 || frames === 0 || bytes > longestRequest) return false
    return now - finAt <= Duration.toMillis(finReaction)
  })

// Fails if the server does not close in time after the end of the input, or if the input cannot be read. If the
// connection breaks during a send, the receiving fiber reports it after all data that had arrived.
const cutOff = (sending: Sending, options: ConverseOptions): Effect.Effect<never, CommandFailed> =>
  Fiber.join(sending).pipe(
    Effect.catchTag("ConnectionClosedError", () => Effect.never),
    Effect.zipRight(Option.match(options.quit, { onNone: () => Effect.never, onSome: Effect.sleep })),
    Effect.zipRight(
      Effect.suspend(() => {
        const time = formatMillis(Option.match(options.quit, { onNone: () => 0, onSome: Duration.toMillis }))
        return networkError(
          `the ${options.peer} did not close within ${time} after the end of the input (-q); the rest of its data is cut off`,
        )
      }),
    ),
  )

// After the server's FIN, the client sends the rest of the input until the input pauses. An input that pauses may never
// end.
const finishInput = (sending: Sending, { outgoing, peer }: ConverseOptions) =>
  Effect.raceFirst(Fiber.join(sending), outgoing.idle(inputPause)).pipe(
    Effect.catchTag("ConnectionClosedError", () =>
      Effect.fail(networkError(`the ${peer} closed the connection before all of the input was sent`)),
    ),
  )

/** Reports the input that a lost connection had sent, unless its server has certainly read all of it. */
const tellLoss = (
  { reason }: ConnectionClosedError,
  connection: Connection,
  sending: Sending,
  outgoing: Outgoing,
  losses: Losses,
) =>
  Effect.gen(function* () {
    yield* Fiber.interrupt(sending)
    const handed = outgoing.handed()
    if (handed.frames === 0) return
    const fate =
      reason._tag === "PeerClosed" || reason._tag === "FrameTruncated" ? yield* fateOfSent(connection) : "cut off"
    if (fate === "read") return
    const stdio = yield* Stdio
    stdio.say(`tcpfx: ${losses.add(fate === "sent" ? { ...handed, untaken: 0 } : handed)}\n`)
  })
