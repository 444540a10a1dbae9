import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Connection } from "../../connection/index.ts"
import { type CodecError, ConnectionClosedError, closeReasons } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Messages } from "../Messages.ts"
import type { RequestError } from "../RequestError.ts"
import { RequestTimeout } from "../RequestTimeout.ts"
import type { Correlation } from "./Correlation.ts"
import { Pending } from "./Pending.ts"
import type { Rest } from "./Rest.ts"

type EndError = ConnectionClosedError | CodecError

/**
 * The requests of one connection. `sender` and `receiver` run in one fiber each. A request is a callback that one of them
 * or a timer completes, so a request needs no fiber of its own.
 */
export class Exchange<In, Out, Ask, Id extends string | number> {
  /** The number of replies to requests that had ended before. */
  lateReplies = 0
  private readonly messages: Messages<In, Out>
  private readonly correlation: Correlation<In, Out, Ask, Id>
  private readonly rest: Rest<In, EndError>
  private readonly timing: Timing
  private readonly maxInFlight: number
  /** The requests that wait for their turn, the oldest first. */
  private readonly waiting = new Set<Pending<In, Ask, Id>>()
  /** Woken when a request can perhaps be sent. */
  private readonly turns = new Waiters()
  /** How every request ends after the end of the connection. */
  private ended: Effect.Effect<never, EndError> | undefined

  constructor(
    messages: Messages<In, Out>,
    correlation: Correlation<In, Out, Ask, Id>,
    rest: Rest<In, EndError>,
    timing: Timing,
    maxInFlight: number,
  ) {
    this.messages = messages
    this.correlation = correlation
    this.rest = rest
    this.timing = timing
    this.maxInFlight = maxInFlight
  }

  /** Waits for a turn, sends a request and waits for its reply. An interruption abandons the request. */
  request(
    ask: Ask,
    isReply: ((message: In) => boolean) | undefined,
    timeout: Duration.Duration,
  ): Effect.Effect<In, RequestError> {
    return Effect.async((resume) => {
      if (this.ended !== undefined) return resume(this.ended)
      const pending = new Pending<In, Ask, Id>(ask, isReply, resume)
      this.waiting.add(pending)
      if (Duration.isFinite(timeout)) {
        pending.cancelTimer = this.timing.after(timeout, () => this.onTimeout(pending, timeout))
      }
      this.turns.wake()
      return Effect.sync(() => {
        // The reply can have come in the same turn as the interruption.
        if (pending.hasEnded()) return
        pending.cancel()
        this.leave(pending)
      })
    })
  }

  waitingCount(): number {
    return this.waiting.size
  }

  /**
   * Sends the requests in order, while at most `maxInFlight` are in flight. A request takes its slot in the step that
   * sends it, so the order of the slots is the order on the wire.
   */
  readonly sender: Effect.Effect<never> = Effect.suspend(() => {
    const sending = this.sendNext()
    return sending === undefined ? this.turns.waitThen(this.sender) : Effect.zipRight(sending, this.sender)
  })

  /** Gives each received message to its request or to the rest, until the end of the connection. */
  get receiver(): Effect.Effect<void> {
    return this.messages
      .runForEach((message) => this.onMessage(message))
      .pipe(
        Effect.zipRight(Effect.flatMap(reasonOfEnd(this.messages), (reason) => Effect.sync(() => this.onEnd(reason)))),
        Effect.catchAllCause((cause) => Effect.sync(() => this.onFailure(cause))),
      )
  }

  /** Ends all requests. `rest` ends as the messages of the connection do. */
  end(error: Effect.Effect<never, EndError>, rest: Exit.Exit<void, EndError>): void {
    if (this.ended !== undefined) return
    this.ended = error
    this.rest.finish(rest)
    for (const pending of [...this.correlation.clear(), ...this.waiting]) pending.end(error)
    this.waiting.clear()
  }

  private sendNext(): Effect.Effect<void> | undefined {
    if (this.correlation.inFlight() >= this.maxInFlight) return undefined
    for (const pending of this.waiting) {
      let message: (() => Out) | undefined
      try {
        message = this.correlation.take(pending)
      } catch (defect) {
        this.waiting.delete(pending)
        pending.end(Effect.die(defect))
        return Effect.void
      }
      if (message === undefined) return undefined
      this.waiting.delete(pending)
      return this.send(pending, message)
    }
    return undefined
  }

  private send(pending: Pending<In, Ask, Id>, message: () => Out): Effect.Effect<void> {
    return Effect.matchCauseEffect(
      Effect.suspend(() => this.messages.sendNow(message())),
      {
        // The receiver reports the end of the connection during the wait for room.
        onSuccess: () => Effect.ignore(this.messages.drained),
        onFailure: (cause) =>
          Effect.sync(() => {
            this.correlation.giveBack(pending)
            pending.end(Effect.failCause(cause))
          }),
      },
    )
  }

  private onMessage(message: In): Effect.Effect<void> {
    const found = this.correlation.find(message)
    if (found === undefined) return this.rest.offer(message)
    if (found === "late") this.lateReplies++
    else found.end(Effect.succeed(message))
    if (this.waiting.size > 0) this.turns.wake()
    return Effect.void
  }

  private onTimeout(pending: Pending<In, Ask, Id>, timeout: Duration.Duration): void {
    const sent = !this.waiting.has(pending)
    const { id } = pending
    this.leave(pending)
    pending.end(
      Effect.fail(
        new RequestTimeout({ timeoutMillis: Duration.toMillis(timeout), sent, ...(id === undefined ? {} : { id }) }),
      ),
    )
  }

  /** Takes a request that has ended out of its place. */
  private leave(pending: Pending<In, Ask, Id>): void {
    if (this.waiting.delete(pending)) return
    this.correlation.abandon(pending)
    if (this.waiting.size > 0) this.turns.wake()
  }

  private onEnd(reason: ConnectionClosedError["reason"]): void {
    this.end(Effect.fail(new ConnectionClosedError({ reason })), Exit.void)
  }

  private onFailure(cause: Cause.Cause<EndError>): void {
    this.end(Effect.failCause(cause), Exit.failCause(cause))
  }
}

/** Why no more messages come. The messages have ended with success, so one of the three effects is ready. */
const reasonOfEnd = ({ closed, draining, peerEnded }: Pick<Connection, "closed" | "draining" | "peerEnded">) =>
  Effect.raceFirst(
    Effect.map(closed, ({ reason }) => reason),
    Effect.raceFirst(Effect.as(peerEnded, closeReasons.peerClosed), Effect.as(draining, closeReasons.localClosed)),
  )
