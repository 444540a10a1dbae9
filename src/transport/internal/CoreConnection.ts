import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ConnectionClosedError, closeReasons, type Endpoint } from "../../domain/index.ts"
import { pullStream } from "../../runtime/pullStream.ts"
import type { Connection, ConnectionEnd } from "../Connection.ts"
import type { ConnectionCore } from "./ConnectionCore.ts"
import type { Inbox } from "./Inbox.ts"

/** A connection as effects see it, over the callbacks that carry it. */
export class CoreConnection implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  private readonly core: ConnectionCore
  private readonly onSent: () => Effect.Effect<void>

  /** `onSent`: what a sender waits for after each payload. */
  constructor(core: ConnectionCore, onSent: () => Effect.Effect<void> = () => Effect.void) {
    this.core = core
    this.onSent = onSent
    this.local = core.local
    this.remote = core.remote
  }

  readonly receive: Connection["receive"] = this.pull(
    (inbox) => {
      const payload = inbox.shift()
      return payload === undefined ? undefined : Option.some(payload)
    },
    () => Option.none<Uint8Array>(),
  )

  get frames(): Connection["frames"] {
    return pullStream(
      this.pull(
        (inbox) => {
          const payloads = inbox.shiftSome()
          return payloads === undefined ? undefined : Chunk.unsafeFromArray(payloads)
        },
        () => undefined,
      ),
    )
  }

  readonly send: Connection["send"] = (payload) =>
    Effect.suspend(() => {
      const { core } = this
      if (!core.isWritable()) return Effect.fail(core.closedError())
      return core.send(payload) ? this.onSent() : Effect.flatMap(this.drained, this.onSent)
    })

  readonly halfClose: Connection["halfClose"] = Effect.sync(() => this.core.endOutput())

  readonly close: Connection["close"] = Effect.suspend(() => {
    this.core.beginClose(closeReasons.localClosed)
    return Effect.asVoid(this.closed)
  })

  readonly reset: Connection["reset"] = Effect.suspend(() => {
    this.core.abort(closeReasons.localClosed)
    return Effect.asVoid(this.closed)
  })

  get closed(): Effect.Effect<ConnectionEnd> {
    const { core } = this
    return Effect.flatMap(
      core.endWaiters.until(() => core.end !== undefined),
      () => (core.end === undefined ? this.closed : Effect.succeed(core.end)),
    )
  }

  private get drained(): Effect.Effect<void, ConnectionClosedError> {
    const { core } = this
    return Effect.flatMap(
      core.drainWaiters.until(() => core.isTaken() || core.end !== undefined),
      () => (core.end === undefined ? Effect.void : Effect.fail(core.closedError())),
    )
  }

  /** Waits until there is something to take; `atEnd` when nothing follows. */
  private pull<A, B>(
    take: (inbox: Inbox) => A | undefined,
    atEnd: () => B,
  ): Effect.Effect<A | B, ConnectionClosedError> {
    const look: Effect.Effect<A | B, ConnectionClosedError> = Effect.suspend(() => {
      const { inbox } = this.core
      if (inbox === undefined) return Effect.sync(atEnd)
      const taken = take(inbox)
      if (taken !== undefined) return Effect.succeed(taken)
      if (!inbox.ended) return inbox.readers.waitThen(look)
      return this.core.isBroken() ? Effect.fail(this.core.closedError()) : Effect.sync(atEnd)
    })
    return look
  }
}
