import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Connection } from "../../connection/index.ts"
import {
  type ClientEvent,
  type CodecError,
  ConnectionClosedError,
  closeReasons,
  type Endpoint,
  type EndpointInput,
  Framing,
  failureOfThrown,
  InvalidPayloadError,
  limits,
} from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import { pullStream } from "../../runtime/pullStream.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { CheckedReconnectSettings, ClientSettings } from "../ClientConfig.ts"
import type { SessionBase, SessionEnd, SessionOptions } from "../Session.ts"
import { Outbox } from "./Outbox.ts"

const closedHere = new ConnectionClosedError({ reason: closeReasons.localClosed })

// The number of payloads buffered for the reader. When the buffer is full, the inbox of the connection fills up, and
// the connection stops reading.
const readAhead = 16

/** How a session uses its connections: as connections of type `C`, which receive values of type `A`. */
export interface SessionUse<C, A, R> {
  readonly attach: (connection: Connection) => Effect.Effect<C, never, R>
  readonly receive: (connection: C) => Stream.Stream<A, ConnectionClosedError | CodecError>
}

/** A session that receives values of type `A` and sends payloads. */
export interface MadeSession<C, A> extends SessionBase<C> {
  readonly received: Stream.Stream<A, SessionEnd>
  readonly sendPayload: (payload: Uint8Array) => Effect.Effect<void, SessionEnd | InvalidPayloadError>
}

/** The parts that a session needs besides {@link SessionUse}. */
export interface SessionParts<C, E, R> {
  /** Runs a program with a connection, and again with a new connection after a loss. */
  readonly run: <A, E, R>(
    endpoint: EndpointInput,
    use: (connection: Connection) => Effect.Effect<A, E, R>,
    reconnect: CheckedReconnectSettings,
  ) => Effect.Effect<A, E | SessionEnd, Exclude<R, Scope.Scope>>
  readonly bus: EventBus<ClientEvent>
  readonly settings: Pick<ClientSettings, "frame" | "maxFrame">
  readonly endpoint: Endpoint
  readonly options: Omit<SessionOptions, "onConnect"> & {
    readonly onConnect?: ((connection: C) => Effect.Effect<void, E, R>) | undefined
  }
  readonly reconnect: CheckedReconnectSettings
}

/** Makes a session. */
export const makeSession = <C, A, E, R, RU>(
  { bus, endpoint, options, reconnect, run, settings }: SessionParts<C, E, R>,
  { attach, receive }: SessionUse<C, A, RU>,
): Effect.Effect<MadeSession<C, A>, never, Scope.Scope | Exclude<R | RU, Scope.Scope>> =>
  Effect.gen(function* () {
    let dropped = 0
    let current: C | undefined
    let ended: Exit.Exit<void, SessionEnd> | undefined
    let isClosing = false
    let hasReader = false
    // Woken when `current`, `ended`, `isClosing`, `hasReader` or the outbox changes.
    const states = new Waiters()
    const outbox = new Outbox<SessionEnd>(
      options.outboxBytes ?? limits.sessionOutboxBytes,
      options.whenFull ?? "wait",
      (missed) => {
        dropped += missed
        bus.emit((seq, at) => ({ seq, at, _tag: "FramesDropped", missed, total: dropped }))
      },
    )
    const inbound = yield* Mailbox.make<A, SessionEnd>(readAhead)

    // Whether the session is closed and the outbox is sent. The session does not reconnect after that.
    const isDone = () => isClosing && outbox.length === 0
    const setCurrent = (connection: C | undefined) =>
      Effect.sync(() => {
        current = connection
        states.wake()
      })
    const setReader = (value: boolean) =>
      Effect.sync(() => {
        hasReader = value
        states.wake()
      })

    const { onConnect } = options
    const useConnection = (connection: Connection): Effect.Effect<void, ConnectionClosedError, R | RU | Scope.Scope> =>
      Effect.gen(function* () {
        const { closed } = connection
        const attached = yield* attach(connection)
        if (onConnect !== undefined) {
          yield* prepare(
            Effect.suspend(() => onConnect(attached)),
            closed,
          )
        }
        yield* Effect.acquireRelease(setCurrent(attached), () => setCurrent(undefined))
        const receiving = yield* Effect.forkScoped(
          Stream.runForEach(receive(attached), (value) => inbound.offer(value)).pipe(
            // A message that cannot be decoded closes its connection. The end of the connection has the reason.
            Effect.catchTag("CodecError", () => closedBy(closed)),
          ),
        )
        // When a connection breaks during a send, the receiving side reports the failure, after the reader has got
        // everything that had arrived.
        const sending = Effect.zipRight(outbox.sendAll(connection, isDone), connection.close).pipe(
          Effect.catchTag("ConnectionClosedError", () => states.until(isDone)),
        )
        // Without a reader, payloads that have arrived are never taken, so `receiving` does not end. Then the end of
        // the connection is the loss.
        const abandoned = Effect.zipRight(
          closed,
          Effect.zipRight(
            states.until(() => !hasReader),
            closedBy(closed),
          ),
        )
        // The FIN of the server is a loss, unless this side is closing. A closing side still sends the outbox while the
        // server reads.
        const lost = Effect.raceFirst(Fiber.join(receiving), abandoned).pipe(
          Effect.zipRight(Effect.suspend(() => (isClosing ? closed : Effect.void))),
          Effect.zipRight(Effect.fail(new ConnectionClosedError({ reason: closeReasons.peerClosed }))),
          Effect.catchAll((error) => (isDone() ? Effect.never : Effect.fail(error))),
        )
        yield* Effect.raceFirst(sending, lost)
      })

    // Ends a session that is closed while it has no connection.
    const finished = states.until(() => isDone() && current === undefined)
    const running = yield* Effect.forkScoped(
      Effect.onExit(
        Effect.raceFirst(run(endpoint, useConnection, { ...reconnect, onPeerEnd: "end" }), finished),
        (exit) => {
          const end = endOf(exit)
          outbox.fail(Effect.fail(end ?? closedHere))
          ended = end === undefined ? Exit.void : Exit.fail(end)
          states.wake()
          return inbound.done(ended)
        },
      ),
    )

    const connections = Stream.suspend(() => {
      let seen: C | undefined
      const next: Effect.Effect<Chunk.Chunk<C> | undefined, SessionEnd> = Effect.suspend(() => {
        if (current !== undefined && current !== seen) {
          seen = current
          return Effect.succeed(Chunk.of(current))
        }
        return ended === undefined ? states.waitThen(next) : Effect.as(ended, undefined)
      })
      return pullStream(next)
    })

    // A reader takes one payload at a time, because the end of a reader would drop the rest of a larger chunk.
    const received = pullStream(
      inbound.take.pipe(
        Effect.map(Chunk.of),
        Effect.catchIf(Cause.isNoSuchElementException, () => Effect.succeed(undefined)),
      ),
    )

    return {
      connections,
      sendPayload: (payload) =>
        Effect.suspend((): Effect.Effect<void, SessionEnd | InvalidPayloadError> => {
          const wire = Framing.encodeFrame(settings.frame, payload, settings.maxFrame)
          return wire instanceof InvalidPayloadError ? Effect.fail(wire) : outbox.offer(payload)
        }),
      received: Stream.unwrapScoped(
        Effect.as(
          Effect.acquireRelease(setReader(true), () => setReader(false)),
          received,
        ),
      ),
      state: Effect.sync(() => ({
        isConnected: current !== undefined,
        pendingBytes: outbox.bytes,
        pendingFrames: outbox.length,
      })),
      close: Effect.suspend(() => {
        isClosing = true
        outbox.fail(Effect.fail(closedHere))
        states.wake()
        return Effect.asVoid(Fiber.await(running))
      }),
    }
  })

/** Fails with the reason of the end of a connection, after the end. */
const closedBy = (closed: Connection["closed"]): Effect.Effect<never, ConnectionClosedError> =>
  Effect.flatMap(closed, ({ reason }) => Effect.fail(new ConnectionClosedError({ reason })))

/** Runs `onConnect`. Its failure, its defect and the end of the connection are a loss. */
const prepare = <E, R>(
  onConnect: Effect.Effect<void, E, R>,
  closed: Connection["closed"],
): Effect.Effect<void, ConnectionClosedError, R> =>
  Effect.raceFirst(
    Effect.catchAllCause(onConnect, (cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
      const failure = Cause.squash(cause)
      return Effect.fail(
        failure instanceof ConnectionClosedError
          ? failure
          : new ConnectionClosedError({ reason: { _tag: "HandlerFailed", ...failureOfThrown(failure) } }),
      )
    }),
    closedBy(closed),
  )

/** The last loss. `undefined` if this side has ended the session. */
const endOf = (exit: Exit.Exit<void, SessionEnd>): SessionEnd | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
