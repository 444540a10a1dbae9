import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ConnectionClosedError, closeReasons, type Endpoint } from "../../domain/index.ts"
import type { Connection, ConnectionEnd } from "../Connection.ts"
import type { ConnectionCore } from "./ConnectionCore.ts"
import type { Inbox } from "./Inbox.ts"

/** A connection as effects see it, over the callbacks that carry it. */
export class CoreConnection implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  private readonly core: ConnectionCore

  constructor(core: ConnectionCore) {
    this.core = core
    this.local = core.local
    this.remote = core.remote
  }

  readonly receive: Connection["receive"] = Effect.suspend(() => this.take((inbox) => inbox.shift()))

  get frames(): Connection["frames"] {
    return Stream.repeatEffectChunkOption(
      this.take((inbox) => inbox.shiftSome()).pipe(
        Effect.mapError(Option.some),
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.fail(Option.none()),
            onSome: (all) => Effect.succeed(Chunk.unsafeFromArray(all)),
          }),
        ),
      ),
    )
  }

  readonly send: Connection["send"] = (payload) =>
    Effect.suspend(() => {
      const { core } = this
      if (!core.isWritable()) return Effect.fail(core.closedError())
      return core.send(payload) ? Effect.void : this.drained
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

  private take<A>(from: (inbox: Inbox) => A | undefined): Effect.Effect<Option.Option<A>, ConnectionClosedError> {
    return Effect.suspend(() => {
      const { inbox } = this.core
      if (inbox === undefined) return Effect.succeedNone
      const ready = from(inbox)
      if (ready !== undefined) return Effect.succeedSome(ready)
      if (inbox.ended) return this.core.isBroken() ? Effect.fail(this.core.closedError()) : Effect.succeedNone
      return Effect.zipRight(inbox.filled, this.take(from))
    })
  }
}
