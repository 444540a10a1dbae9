import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Connection } from "../../connection/index.ts"
import { type CodecError, ConnectionClosedError, closeReasons, type SendError } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Messages } from "../Messages.ts"
import type { RequestError } from "../RequestError.ts"
import { RequestTimeout } from "../RequestTimeout.ts"
import { type Correlation, noFreeId } from "./Correlation.ts"
import { Pending } from "./Pending.ts"
import type { Rest } from "./Rest.ts"
import { sendAtOnce } from "./sendAtOnce.ts"
import { WaitingLine } from "./WaitingLine.ts"

type EndError = ConnectionClosedError | CodecError

/** A request that has its slot, and whose sending is not complete. */
interface Sending<In, Out, Ask, Id> {
  readonly pending: Pending<In, Ask, Id>
  readonly message: Out
  /** Whether the connection has accepted the message. The sender then only waits for room for the next one. */
  isAccepted: boolean
}

/**
 * The requests of one connection. A request is a callback that the receiver or a timer completes, so a request needs no
 * fiber of its own. If nothing has to wait, the caller sends its request itself, and the callback of a read completes it.
 * So a request and its reply need no other fiber. `sender` and `receiver` run in one fiber each and do what has to wait.
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
  /** No other request gets a slot meanwhile, so the order of the slots is the order on the wire. */
  private sending: Sending<In, Out, Ask, Id> | undefined
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
    return Effect.suspend(() => {
      if (this.ended !== undefined) return this.ended
      const pending = new Pending<In, Ask, Id>(isReply)
      const reply = Effect.async<In, RequestError>((resume) => this.begin(ask, pending, timeout, resume))
      // A clean-up of `Effect.async` would do the same and cost 5 µs more: the closures of each request would then stay
      // in the memory until a full garbage collection.
      return Effect.uninterruptible(
        Effect.matchCauseEffect(Effect.interruptible(reply), {
          onSuccess: Effect.succeed,
          onFailure: (cause) => {
            this.giveUp(pending)
            return Effect.failCause(cause)
          },
        }),
      )
    })
  }

  private begin(
    ask: Ask,
    pending: Pending<In, Ask, Id>,
    timeout: Duration.Duration,
    resume: (result: Effect.Effect<In, RequestError>) => void,
  ): void {
    pending.resume = resume
    if (Duration.isFinite(timeout)) {
      pending.cancelTimer = this.timing.after(timeout, () => this.onTimeout(pending, timeout))
    }
    if (this.waiting.length === 0 && this.hasSlot() && this.takeSlot(ask, pending)) this.sendAtOnce()
    else {
      this.waiting.add(ask, pending)
      this.turns.wake()
    }
  }

  /** Abandons a request whose caller was interrupted. */
  private giveUp(pending: Pending<In, Ask, Id>): void {
    // The request may have ended before the interruption, or in the same turn of the event loop.
    if (pending.hasEnded()) return
    pending.cancel()
    this.leave(pending)
  }

  waitingCount(): number {
    return this.waiting.length
  }

  /** Sends the requests that have to wait, in order, with at most `maxInFlight` in flight. */
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

  private hasSlot(): boolean {
    return this.sending === undefined && this.correlation.inFlight() < this.maxInFlight
  }

  /** Gives a request its slot. Returns `false` if there is no free id. */
  private takeSlot(ask: Ask, pending: Pending<In, Ask, Id>): boolean {
    try {
      const message = this.correlation.take(pending, ask)
      if (message === noFreeId) return false
      this.sending = { pending, message, isAccepted: false }
    } catch (defect) {
      pending.end(Effect.die(defect))
    }
    return true
  }

  /** Sends a request in the step of its caller. If something has to wait, the sender continues. */
  private sendAtOnce(): void {
    const { sending } = this
    if (sending === undefined) return
    try {
      const sent = this.messages[sendAtOnce]?.(sending.message)
      if (sent === true) this.sending = undefined
      else if (sent === undefined || sent === false) {
        sending.isAccepted = sent === false
        this.turns.wake()
      } else this.onSendFailed(sending, Effect.fail(sent))
    } catch (defect) {
      this.onSendFailed(sending, Effect.die(defect))
    }
  }

  /** Sends the next request and continues with `sender`. Returns `undefined` if no request can be sent. */
  private sendNext(): Effect.Effect<never> | undefined {
    for (let turn = this.waiting.first; turn !== undefined && this.hasSlot(); turn = this.waiting.first) {
      if (!this.takeSlot(turn.ask, turn.pending)) return undefined
      this.waiting.remove(turn.pending)
    }
    const { sending } = this
    if (sending === undefined) return undefined
    const { isAccepted, message, pending } = sending
    if (!isAccepted && pending.hasEnded()) {
      // The caller left the request to the sender, and was interrupted before the sender ran.
      this.onSendFailed(sending, Effect.interrupt)
      return this.sender
    }
    return Effect.matchCauseEffect(isAccepted ? this.messages.drained : this.messages.send(message), {
      onSuccess: () => {
        this.sending = undefined
        return this.sender
      },
      // `send` can also fail while it waits for room. The kernel has not taken the whole request then, so no reply to it
      // is possible.
      onFailure: (cause) => {
        this.onSendFailed(sending, Effect.failCause(cause))
        return this.sender
      },
    })
  }

  /** Frees the slot of a request that was not sent, and ends the request. */
  private onSendFailed(
    { pending }: Sending<In, Out, Ask, Id>,
    result: Effect.Effect<never, SendError | CodecError>,
  ): void {
    this.sending = undefined
    this.correlation.giveBack(pending)
    pending.end(result)
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
