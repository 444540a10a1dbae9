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
import { type Correlation, noFreeId } from "./Correlation.ts"
import { Pending } from "./Pending.ts"
import type { Rest } from "./Rest.ts"
import { WaitingLine } from "./WaitingLine.ts"

type EndError = ConnectionClosedError | CodecError

/**
 * The requests of one connection. `sender` and `receiver` run in one fiber each. A request is a callback that the
 * sender, the receiver or a timer completes, so a request needs no fiber of its own.
 */
export class Exchange<In, Out, Ask, Id extends string | number> {
  /** The number of replies that came after the end of their request. */
  lateReplies = 0
  private readonly messages: Messages<In, Out>
  private readonly correlation: Correlation<In, Out, Ask, Id>
  private readonly rest: Rest<In, EndError>
  private readonly timing: Timing
  private readonly maxInFlight: number
  /** The requests that wait for their turn. */
  private readonly waiting = new WaitingLine<In, Ask, Id>()
  /** The waiting sender. It is woken when a request may have become sendable. */
  private readonly turns = new Waiters()
  /** The failure of every request after the end of the connection. `undefined`: the connection has not ended. */
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
      const pending = new Pending<In, Ask, Id>(isReply, resume)
      this.waiting.add(ask, pending)
      if (Duration.isFinite(timeout)) {
        pending.cancelTimer = this.timing.after(timeout, () => this.onTimeout(pending, timeout))
      }
      this.turns.wake()
      return Effect.sync(() => {
        // The reply may have arrived in the same turn of the event loop as the interruption.
        if (pending.hasEnded()) return
        pending.cancel()
        this.leave(pending)
      })
    })
  }

  waitingCount(): number {
    return this.waiting.length
  }

  /**
   * Sends the requests in order, with at most `maxInFlight` in flight. A request takes its slot in the step that sends
   * it, so the order of the slots is the order on the wire.
   */
  readonly sender: Effect.Effect<never> = Effect.suspend(() => this.sendNext() ?? this.turns.waitThen(this.sender))

  /** Gives each received message to its request or to `rest`, until the end of the connection. */
  get receiver(): Effect.Effect<void> {
    return this.messages
      .runForEach((message) => this.onMessage(message))
      .pipe(
        Effect.zipRight(Effect.flatMap(reasonOfEnd(this.messages), (reason) => Effect.sync(() => this.onEnd(reason)))),
        Effect.catchAllCause((cause) => Effect.sync(() => this.onFailure(cause))),
      )
  }

  /** Ends all requests with `error`, and the stream of the other messages with `rest`. */
  end(error: Effect.Effect<never, EndError>, rest: Exit.Exit<void, EndError>): void {
    if (this.ended !== undefined) return
    this.ended = error
    this.rest.finish(rest)
    for (const pending of this.correlation.clear()) pending.end(error)
    for (let turn = this.waiting.first; turn !== undefined; turn = this.waiting.first) {
      this.waiting.remove(turn.pending)
      turn.pending.end(error)
    }
  }

  /** Sends the next request and continues with `sender`. Returns `undefined` if no request can be sent. */
  private sendNext(): Effect.Effect<never> | undefined {
    const turn = this.waiting.first
    if (turn === undefined || this.correlation.inFlight() >= this.maxInFlight) return undefined
    const { ask, pending } = turn
    let message: Out | typeof noFreeId
    try {
      message = this.correlation.take(pending, ask)
    } catch (defect) {
      this.waiting.remove(pending)
      pending.end(Effect.die(defect))
      return this.sender
    }
    if (message === noFreeId) return undefined
    this.waiting.remove(pending)
    return Effect.matchCauseEffect(this.messages.send(message), {
      onSuccess: () => this.sender,
      // `send` can also fail while it waits for room. The kernel has not taken the whole request then, so no reply to it
      // is possible.
      onFailure: (cause) => {
        this.correlation.giveBack(pending)
        pending.end(Effect.failCause(cause))
        return this.sender
      },
    })
  }

  private onMessage(message: In): Effect.Effect<void> {
    const found = this.correlation.find(message)
    if (found === undefined) return this.rest.offer(message)
    if (found === "late") this.lateReplies++
    else found.end(Effect.succeed(message))
    if (this.waiting.length > 0) this.turns.wake()
    return Effect.void
  }

  private onTimeout(pending: Pending<In, Ask, Id>, timeout: Duration.Duration): void {
    const sent = pending.turn === undefined
    const { id } = pending
    this.leave(pending)
    pending.end(
      Effect.fail(
        new RequestTimeout({ timeoutMillis: Duration.toMillis(timeout), sent, ...(id === undefined ? {} : { id }) }),
      ),
    )
  }

  /** Takes an ended request out of the waiting line, or abandons it if it was sent. */
  private leave(pending: Pending<In, Ask, Id>): void {
    if (this.waiting.remove(pending)) return
    this.correlation.abandon(pending)
    if (this.waiting.length > 0) this.turns.wake()
  }

  private onEnd(reason: ConnectionClosedError["reason"]): void {
    this.end(Effect.fail(new ConnectionClosedError({ reason })), Exit.void)
  }

  private onFailure(cause: Cause.Cause<EndError>): void {
    this.end(Effect.failCause(cause), Exit.failCause(cause))
  }
}

/**
 * The reason why no more messages come. The stream of messages has ended without an error, so one of the three effects
 * is complete.
 */
const reasonOfEnd = ({ closed, draining, peerEnded }: Pick<Connection, "closed" | "draining" | "peerEnded">) =>
  Effect.raceFirst(
    Effect.map(closed, ({ reason }) => reason),
    Effect.raceFirst(Effect.as(peerEnded, closeReasons.peerClosed), Effect.as(draining, closeReasons.localClosed)),
  )
