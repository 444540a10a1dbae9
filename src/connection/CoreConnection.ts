import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constUndefined } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ConnectionClosedError, closeReasons, type Endpoint, failureOfThrown, type SendError } from "../domain/index.ts"
import { Outlet } from "../runtime/Outlet.ts"
import { pullStream } from "../runtime/pullStream.ts"
import type { Connection, ConnectionEnd } from "./Connection.ts"
import type { ConnectionCore } from "./ConnectionCore.ts"
import { Hold } from "./ConnectionOwner.ts"
import type { Inbox } from "./internal/Inbox.ts"
import { type MessageSource, messageSource } from "./MessageSource.ts"

/**
 * The `Connection` of a program, on top of a {@link ConnectionCore}. Each effect is made at its first use, because most
 * programs use few effects, and all of them together need more memory than the rest of an idle connection.
 */
export class CoreConnection implements Connection {
  protected readonly core: ConnectionCore
  private readonly onSent: () => Effect.Effect<void>
  private receiving: Connection["receive"] | undefined
  private sending: Connection["send"] | undefined

  /** `onSent`: an effect that runs after each sent payload, before the sender continues. */
  constructor(core: ConnectionCore, onSent: () => Effect.Effect<void> = nothing) {
    this.core = core
    this.onSent = onSent
  }

  get local(): Endpoint {
    return this.core.local
  }

  get remote(): Endpoint {
    return this.core.remote
  }

  get receive(): Connection["receive"] {
    if (this.core.reading === "none") this.core.reading = "byHand"
    this.receiving ??= this.pull(takeOne, Option.none<Uint8Array>)
    return this.receiving
  }

  get readable(): Connection["readable"] {
    const look: Effect.Effect<void> = Effect.suspend(() => {
      const { inbox } = this.core
      if (inbox === undefined || inbox.ended || inbox.isReady()) return Effect.void
      return inbox.readers.waitThen(look)
    })
    return look
  }

  get frames(): Connection["frames"] {
    this.core.reading = "toTheEnd"
    return pullStream(this.pull(takeSome, constUndefined))
  }

  get [messageSource](): MessageSource {
    const { core } = this
    core.reading = "toTheEnd"
    core.keepOffsets()
    return {
      framing: core.framing,
      next: this.pull((inbox) => inbox.shift(), constUndefined),
      nextUnhandled: (handle) =>
        this.pullInCallbacks((inbox) => {
          let payload = inbox.shift()
          while (payload !== undefined && handle(payload)) payload = inbox.shift()
          return payload
        }, constUndefined),
      some: this.pull((inbox) => {
        const payloads = inbox.shiftSome()
        return payloads && { payloads, first: inbox.taken - payloads.length + 1 }
      }, constUndefined),
      taken: () => core.inbox?.taken ?? 0,
      report: (error, frame) => core.reportInvalid(error, frame),
      refuse: (error) => core.refuseInvalid(error),
      sendAtOnce: (payload) => {
        // Middleware can replace `send`. Then each payload must pass through it.
        if (this.send !== this.sending) return undefined
        if (!core.isWritable()) return core.closedError()
        const sent = core.send(payload)
        return sent === true ? this.onSent() === Effect.void : sent
      },
    }
  }

  get runForEach(): Connection["runForEach"] {
    this.core.reading = "toTheEnd"
    return <E, R>(f: (payload: Uint8Array) => Effect.Effect<void, E, R>) => {
      const payload = this.pull((inbox) => inbox.shift(), constUndefined)
      const next: Effect.Effect<void, E | ConnectionClosedError, R> = Effect.flatMap(payload, (taken) =>
        taken === undefined ? Effect.void : Effect.zipRight(f(taken), next),
      )
      return next
    }
  }

  get runForEachLent(): Connection["runForEachLent"] {
    return <E, R>(f: (payload: Uint8Array, recycle: () => void) => Effect.Effect<void, E, R>) =>
      Effect.suspend(() => {
        const { core } = this
        core.lend()
        return this.runForEach((payload) => f(payload, () => core.recycle(payload)))
      })
  }

  get send(): Connection["send"] {
    this.sending ??= (payload) =>
      Effect.suspend((): Effect.Effect<void, SendError> => {
        const { core } = this
        if (!core.isWritable()) return Effect.fail(core.closedError())
        const sent = core.send(payload)
        if (typeof sent !== "boolean") return Effect.fail(sent)
        return sent ? this.onSent() : Effect.flatMap(this.taken, this.onSent)
      })
    return this.sending
  }

  get sendText(): Connection["sendText"] {
    return (text) => this.send(utf8.encode(text))
  }

  get trySend(): Connection["trySend"] {
    return (payload) =>
      Effect.suspend((): Effect.Effect<boolean, SendError> => {
        const { core } = this
        if (!core.isWritable()) return Effect.fail(core.closedError())
        if (!core.hasRoom()) return Effect.succeed(false)
        const sent = core.send(payload)
        return typeof sent === "boolean" ? Effect.succeed(true) : Effect.fail(sent)
      })
  }

  get sendAll(): Connection["sendAll"] {
    return <E, R>(payloads: Stream.Stream<Uint8Array, E, R>) =>
      Effect.scopedWith((scope) => {
        this.core.feeds++
        // `Stream.toPull` would take one more step for each chunk.
        return Effect.flatMap(Channel.toPullIn(Stream.toChannel(payloads), scope), (pull) => {
          const next: Effect.Effect<void, E | SendError, R> = Effect.flatMap(pull, (pulled) =>
            Either.isLeft(pulled) ? Effect.void : this.sendSome(Chunk.toReadonlyArray(pulled.right), next),
          )
          return next
        })
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            this.core.feeds--
          }),
        ),
        Effect.provideService(Outlet, this.core),
      )
  }

  get sendNow(): Connection["sendNow"] {
    return (payload) =>
      Effect.suspend((): Effect.Effect<void, SendError> => {
        const { core } = this
        if (!core.isWritable()) return Effect.fail(core.closedError())
        const sent = core.send(payload)
        return typeof sent === "boolean" ? Effect.void : Effect.fail(sent)
      })
  }

  get drained(): Connection["drained"] {
    return Effect.suspend(() => {
      const { core } = this
      if (core.end !== undefined) return Effect.fail(core.closedError())
      return core.hasRoom() ? this.onSent() : Effect.flatMap(this.taken, this.onSent)
    })
  }

  get peerEnded(): Connection["peerEnded"] {
    const { core } = this
    return Effect.map(
      core.endWaiters.until(() => core.isPeerEnded() || core.end !== undefined),
      () => {
        core.isPeerEndKnown = true
      },
    )
  }

  get draining(): Connection["draining"] {
    const { core } = this
    return core.endWaiters.until(() => core.isWindingDown())
  }

  get pause(): Connection["pause"] {
    return Effect.sync(() => this.core.hold(Hold.command))
  }

  get resume(): Connection["resume"] {
    return Effect.sync(() => this.core.release(Hold.command))
  }

  get paused(): Connection["paused"] {
    return Effect.sync(() => this.core.isPaused())
  }

  get pending(): Connection["pending"] {
    return Effect.sync(() => this.core.pending())
  }

  get halfClose(): Connection["halfClose"] {
    return Effect.sync(() => this.core.endOutput())
  }

  get close(): Connection["close"] {
    return Effect.suspend(() => {
      this.core.beginClose(closeReasons.localClosed)
      return Effect.asVoid(this.closed)
    })
  }

  get reset(): Connection["reset"] {
    return Effect.suspend(() => {
      this.core.abort(closeReasons.localClosed)
      return Effect.asVoid(this.closed)
    })
  }

  get closeNotify(): Connection["closeNotify"] {
    return Effect.sync(() => this.core.closeNotify)
  }

  get closed(): Effect.Effect<ConnectionEnd> {
    const { core } = this
    const look: Effect.Effect<ConnectionEnd> = Effect.suspend(() => {
      if (core.end === undefined) return core.endWaiters.waitThen(look)
      core.isPeerEndKnown = true
      return Effect.succeed(core.end)
    })
    return look
  }

  private get taken(): Effect.Effect<void, ConnectionClosedError> {
    const { core } = this
    return Effect.flatMap(
      core.drainWaiters.until(() => core.isTaken() || core.end !== undefined),
      () => (core.end === undefined ? Effect.void : Effect.fail(core.closedError())),
    )
  }

  /** Sends in one write the payloads for which there is room, and waits for room for the others. Then runs `next`. */
  private sendSome<A, E, R>(
    payloads: ReadonlyArray<Uint8Array>,
    next: Effect.Effect<A, E, R>,
    from = 0,
  ): Effect.Effect<A, E | SendError, R> {
    const { core } = this
    const areSeveral = payloads.length - from > 1
    let at = from
    let pause: Effect.Effect<void, ConnectionClosedError> = Effect.void
    if (areSeveral) core.cork()
    try {
      while (at < payloads.length && pause === Effect.void) {
        if (!core.isWritable()) return Effect.fail(core.closedError())
        const sent = core.send(payloads[at++] as Uint8Array)
        if (typeof sent !== "boolean") return Effect.fail(sent)
        pause = sent ? this.onSent() : Effect.flatMap(this.taken, this.onSent)
      }
    } finally {
      if (areSeveral) core.uncork()
    }
    if (at < payloads.length) return Effect.flatMap(pause, () => this.sendSome(payloads, next, at))
    return pause === Effect.void ? next : Effect.zipRight(pause, next)
  }

  /** Waits until `take` returns a value. Returns `atEnd()` after the last payload. */
  private pull<A, B>(
    take: (inbox: Inbox) => A | undefined,
    atEnd: () => B,
  ): Effect.Effect<A | B, ConnectionClosedError> {
    const look: Effect.Effect<A | B, ConnectionClosedError> = Effect.suspend(() => {
      const { inbox } = this.core
      if (inbox === undefined) return Effect.sync(atEnd)
      return this.takeFrom(inbox, take, atEnd) ?? inbox.readers.waitThen(look)
    })
    return look
  }

  /** Like `pull`, but `take` runs in the callbacks of the reads. */
  private pullInCallbacks<A, B>(
    take: (inbox: Inbox) => A | undefined,
    atEnd: () => B,
  ): Effect.Effect<A | B, ConnectionClosedError> {
    return Effect.suspend(() => {
      const { inbox } = this.core
      if (inbox === undefined) return Effect.sync(atEnd)
      return this.takeFrom(inbox, take, atEnd) ?? this.listen(inbox, take, atEnd)
    })
  }

  private listen<A, B>(
    inbox: Inbox,
    take: (inbox: Inbox) => A | undefined,
    atEnd: () => B,
  ): Effect.Effect<A | B, ConnectionClosedError> {
    return Effect.async((resume) => {
      const remove = inbox.listen(() => {
        const taken = this.takeFrom(inbox, take, atEnd)
        if (taken === undefined) return
        remove()
        resume(taken)
      })
      return Effect.sync(remove)
    })
  }

  /** Returns `undefined` if a reader has to wait. */
  private takeFrom<A, B>(
    inbox: Inbox,
    take: (inbox: Inbox) => A | undefined,
    atEnd: () => B,
  ): Effect.Effect<A | B, ConnectionClosedError> | undefined {
    let taken: A | undefined
    try {
      taken = take(inbox)
    } catch (error) {
      // Framings can be user code. An exception ends their connection.
      this.core.failFraming(error)
      return Effect.fail(new ConnectionClosedError({ reason: { _tag: "FramingFailed", ...failureOfThrown(error) } }))
    }
    if (taken !== undefined) return Effect.succeed(taken)
    if (!inbox.ended) return undefined
    this.core.isPeerEndKnown = true
    if (this.core.isBroken()) return Effect.fail(this.core.closedError())
    return Effect.sync(atEnd)
  }
}

const utf8 = new TextEncoder()

const nothing = (): Effect.Effect<void> => Effect.void

const takeOne = (inbox: Inbox): Option.Option<Uint8Array> | undefined => {
  const payload = inbox.shift()
  return payload === undefined ? undefined : Option.some(payload)
}

const takeSome = (inbox: Inbox): Chunk.Chunk<Uint8Array> | undefined => {
  const payloads = inbox.shiftSome()
  return payloads === undefined ? undefined : Chunk.unsafeFromArray(payloads)
}
