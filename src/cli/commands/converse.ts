import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../connection/index.ts"
import { ConnectionClosedError, closeReasons, describeCloseReason, Framing } from "../../domain/index.ts"
import { type CommandFailed, networkError } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"
import { arrivals } from "../talk/arrivals.ts"
import { makePace, type Pace, type Pacing } from "../talk/Pace.ts"
import { Talk } from "../talk/Talk.ts"
import { UntilState, type Untils } from "../talk/Until.ts"
import { type ConversationDeadlines, cutOff, type Sending, tooLate } from "./conversationDeadlines.ts"
import { fateOfSent } from "./fateOfSent.ts"
import type { Losses } from "./Losses.ts"
import type { Outgoing } from "./outgoing.ts"

// After the server's FIN, an input that pauses for this time counts as ended.
const inputPause = Duration.millis(500)

// A server that sends FIN without an answer within this time after our FIN has probably closed because of our FIN.
const finReaction = Duration.seconds(1)

// An input up to this size, in bytes, counts as a request. A longer input counts as an upload.
const longestRequest = 64 * 1024

const finHint = "many servers close at the FIN that follows the end of the input; --no-shutdown sends no FIN"

const cutShort = (peer: string) => `the ${peer} ended TLS without close_notify; its data may be incomplete`

/** The rules of a conversation. */
export interface ConverseOptions extends ConversationDeadlines {
  readonly outgoing: Outgoing
  /**
   * Whether the conversation writes received bytes to standard output unchanged. If not, the caller prints them from the
   * events of the connection.
   */
  readonly raw: boolean
  /** Whether the conversation drops what it receives, and ends when the input is sent. */
  readonly sendOnly: boolean
  /** When payloads of the input may be sent. Undefined: at once. */
  readonly pacing: Pacing | undefined
  /** Whether the end of the input sends FIN. "after data": not if the input was empty. */
  readonly shutdown: "always" | "after data" | "never"
  /** Whether a note names `--no-shutdown` if the server closes right after our FIN without an answer. */
  readonly explainsFin: boolean
  /**
   * Counts the input that lost connections had sent. Undefined without `--reconnect`, because a lost connection then
   * ends the command.
   */
  readonly losses: Losses | undefined
  readonly frame: Framing.Framing
}

type Failure = ConnectionClosedError | CommandFailed | OutputClosed | OutputFailed
type Receiving = Fiber.Fiber<boolean, Failure>

/**
 * Sends and receives, and passes each frame to `onFrame`, until the server's FIN, or until a condition holds. Succeeds
 * only if no data was cut off.
 */
export const converse =
  (options: ConverseOptions) =>
  (
    connection: Connection,
    onFrame?: (frame: Uint8Array) => Effect.Effect<void>,
  ): Effect.Effect<void, Failure, Stdio | Scope.Scope> =>
    Effect.gen(function* () {
      const { losses, outgoing, peer, until } = options
      const talk = new Talk()
      const state = until === undefined ? undefined : new UntilState(until.conditions, until.joins)
      const receiving = yield* Effect.forkScoped(
        Effect.ensuring(
          receive(connection, options, talk, state, onFrame),
          Effect.sync(() => talk.ended()),
        ),
      )
      const pace = options.pacing === undefined ? undefined : makePace(options.pacing, talk, options.frame)
      const sending = yield* Effect.forkScoped(
        Effect.zipRight(
          sendAll(connection, outgoing, { pace, state, talk }),
          Effect.suspend(() => (sendsFin(options) ? sendFin(connection, talk) : Effect.void)),
        ),
      )
      if (options.sendOnly) {
        yield* sent(connection, sending, receiving)
        return
      }
      const ended = Effect.gen(function* () {
        if (yield* Fiber.join(receiving)) return
        const isWhole = Effect.flatMap(connection.closeNotify, (notified) =>
          notified === false ? networkError(cutShort(peer)) : Effect.void,
        )
        if (state?.holdsAtFin() === true) {
          // --once ends with the reply, and --delay and --lockstep leave the rest of the input to the condition.
          const sendsRest = until?.isOnce === false && options.pacing === undefined
          if (sendsRest || outgoing.handed().untaken > 0) yield* finishInput(sending, options)
          yield* isWhole
          return
        }
        if (losses !== undefined && !outgoing.isDone()) {
          return yield* new ConnectionClosedError({ reason: closeReasons.peerClosed })
        }
        const isFinTaken = yield* isFinTakenForEnd(outgoing, talk)
        if (until !== undefined && state !== undefined) {
          const missing = until.isOnce ? "without a reply" : `before --until held: ${state.missing()}`
          return yield* networkError(`the ${peer} closed the connection ${missing}${isFinTaken ? `; ${finHint}` : ""}`)
        }
        if (isFinTaken && options.explainsFin)
          (yield* Stdio).tell(
            "info",
            `the server took the input and closed without an answer; if an answer is missing: ${finHint}`,
          )
        yield* finishInput(sending, options)
        yield* isWhole
      }).pipe(Effect.raceFirst(Effect.raceFirst(cutOff(sending, options, state, talk), tooLate(options, state, talk))))
      yield* losses === undefined
        ? Effect.catchTag(ended, "ConnectionClosedError", (error) => withMissing(error, until, state))
        : Effect.tapErrorTag(ended, "ConnectionClosedError", (error) =>
            tellLoss(error, connection, sending, outgoing, losses),
          )
    })

/** Adds the missing parts of `--until` to the reason of a lost connection. */
const withMissing = (
  error: ConnectionClosedError,
  until: Untils | undefined,
  state: UntilState | undefined,
): Effect.Effect<never, ConnectionClosedError | CommandFailed> => {
  // The caller adds advice to a failure of TLS.
  if (state === undefined || until?.isOnce === true || error.reason._tag === "TransportFailed")
    return Effect.fail(error)
  const reason = describeCloseReason(error.reason)
  return networkError(`the connection ended before --until held: ${reason}; ${state.missing()}`)
}

/** Sends the input, and tells the other parts of the conversation about it. */
const sendAll = (
  connection: Connection,
  outgoing: Outgoing,
  {
    pace,
    state,
    talk,
  }: { readonly pace: Pace | undefined; readonly state: UntilState | undefined; readonly talk: Talk },
) => {
  if (state === undefined) return outgoing.sendAll(connection, pace)
  const noting = (note: (now: number) => void) =>
    Effect.map(Effect.clock, (clock) => () => {
      note(Number(clock.unsafeCurrentTimeNanos()) / 1e6)
      talk.tell()
    })
  return Effect.gen(function* () {
    const onSent = yield* noting((now) => state.sent(now))
    const onEnd = yield* noting((now) => state.inputEnded(now))
    yield* outgoing.sendAll(connection, pace, onSent)
    onEnd()
  })
}

// A reset that has arrived is known after the next reads of the event loop.
const resetNotice = Duration.millis(20)

/** Waits until the input is sent and the system of the server has acknowledged it, for a short time. */
const sent = (connection: Connection, sending: Sending, receiving: Receiving) =>
  Effect.raceFirst(
    Effect.zipRight(
      Fiber.join(sending),
      Effect.flatMap(fateOfSent(connection), (fate) => (fate === "read" ? Effect.void : Effect.sleep(resetNotice))),
    ),
    // The server may close its side. A reset ends the conversation with its reason.
    Effect.zipRight(Fiber.join(receiving), Effect.never),
  )

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

/** Receives until the server's FIN, or until a condition holds. Returns whether a condition holds. */
const receive = (
  connection: Connection,
  options: ConverseOptions,
  talk: Talk,
  state: UntilState | undefined,
  onFrame: ((frame: Uint8Array) => Effect.Effect<void>) | undefined,
): Effect.Effect<boolean, Failure, Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const take = (payload: Uint8Array, recycle: () => void = constVoid) => {
      talk.received(payload)
      if (options.sendOnly) return Effect.sync(recycle)
      const written = options.raw ? stdio.writeLent(Framing.wireOf(options.frame, payload), recycle) : Effect.void
      return onFrame === undefined ? written : Effect.zipRight(onFrame(payload), written)
    }
    if (state !== undefined) return yield* receiveUntil(connection, talk, state, take)
    yield* connection.runForEachLent(take)
    return false
  })

/** Receives until a condition holds or the server's FIN. Returns whether a condition holds. */
const receiveUntil = <E>(
  connection: Connection,
  talk: Talk,
  state: UntilState,
  take: (payload: Uint8Array) => Effect.Effect<void, E>,
): Effect.Effect<boolean, E | ConnectionClosedError> =>
  Effect.gen(function* () {
    while (true) {
      const { version } = talk
      const now = yield* elapsedMillis
      const due = state.dueAt()
      if (due !== undefined && now >= due) {
        if ((yield* connection.pending) === 0) return true
        // The server reads too slowly, so this side is still sending.
        state.sent(now)
        continue
      }
      const quiet = due === undefined ? Effect.never : Effect.zipRight(Effect.sleep(due - now), arrivals)
      const isReadable = yield* Effect.raceFirst(
        Effect.as(connection.readable, true),
        // The end of the input may begin a quiet, and sent data begins it again.
        Effect.as(Effect.raceFirst(talk.changedSince(version), quiet), false),
      )
      if (!isReadable) continue
      const next = yield* connection.receive
      if (Option.isNone(next)) return false
      yield* take(next.value)
      if (state.received(next.value, yield* elapsedMillis)) return true
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
    stdio.tell("warn", losses.add(fate === "sent" ? { ...handed, untaken: 0 } : handed))
  })
