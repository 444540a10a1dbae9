import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as check from "../domain/settings.ts"
import type { ActorOptions } from "./Actor.ts"
import * as Attribute from "./Attribute.ts"

/** A connection that an actor can serve. It receives values of type `P`, and receiving fails with `F`. */
export interface ActorConnection<P, F> extends Attribute.MutablyAttributed {
  readonly runForEach: <E, R>(f: (payload: P) => Effect.Effect<void, E, R>) => Effect.Effect<void, E | F, R>
}

/** Makes the parts of an actor, for connections with payloads or with messages. */
export const makeActor =
  <P, F>() =>
  <S, M, EI, RI, ER, RR, ET, RT, C extends ActorConnection<P, F>>(
    options: ActorOptions<S, M, EI, RI, ER, RR, ET, RT, P, C>,
  ) => {
    const { initial, name = "state", onTell, receive } = options
    const { mailbox: capacity } = check.checkOrThrow(
      { mailbox: options.mailbox ?? 64 },
      { mailbox: check.limitOf("messages") },
    )
    const state = Attribute.make(name, Option.none<S>)
    const mailboxes = Attribute.make(`${name}.mailbox`, Option.none<Mailbox.Mailbox<M>>)

    const serve = (connection: C) =>
      Effect.gen(function* () {
        const mailbox = onTell === undefined ? undefined : yield* openMailbox<M>(capacity)
        if (mailbox !== undefined) yield* mailboxes.set(connection, Option.some(mailbox))
        let now = yield* initial(connection)
        const become = (next: S): void => {
          now = next
          connection.attributes.set(state, Option.some(next))
        }
        become(now)
        if (mailbox === undefined || onTell === undefined) {
          return yield* connection.runForEach((payload) => Effect.map(receive(now, payload, connection), become))
        }
        // A semaphore hands out its permit in order, so neither the peer nor `tell` waits for ever.
        const lock = Effect.unsafeMakeSemaphore(1)
        const one = <E, R>(next: () => Effect.Effect<S, E, R>) =>
          lock.withPermits(1)(Effect.map(Effect.suspend(next), become))
        const received = connection.runForEach((payload) => one(() => receive(now, payload, connection)))
        // If a message of `tell` is being handled when the input ends, the actor ends after it.
        const rest = lock.withPermits(1)(Effect.void)
        const told = Effect.forever(
          Effect.flatMap(Effect.orDie(mailbox.take), (message) => one(() => onTell(now, message, connection))),
        )
        return yield* Effect.raceFirst(Effect.zipRight(received, rest), told)
      })

    const tell = (to: Attribute.Attributed, message: M) =>
      Effect.suspend(() =>
        Option.match(mailboxes.of(to), {
          onNone: () => Effect.succeed(false),
          onSome: (mailbox) => mailbox.offer(message),
        }),
      )
    return { serve, state, tell }
  }

const openMailbox = <M>(capacity: number): Effect.Effect<Mailbox.Mailbox<M>, never, Scope.Scope> =>
  Effect.acquireRelease(Mailbox.make<M>(capacity), (mailbox) => mailbox.shutdown)
