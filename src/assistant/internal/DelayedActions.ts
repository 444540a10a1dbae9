import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { PreparedRule, RuleBook } from "./RuleBook.ts"

const mostWaiting = 10_000
// The maximum number of waiting actions for one client, so that one client cannot use up `mostWaiting`.
const mostOfClient = 1000

interface Waiting {
  readonly rule: PreparedRule
  readonly client: number
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
}

/**
 * Actions of rules that wait for their delay. An action is cancelled when its client disconnects or its rule is
 * removed.
 */
export class DelayedActions {
  private readonly run: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<unknown, unknown>
  private readonly waiting = new Set<Waiting>()
  private readonly ofClient = new Map<number, number>()

  /** `run` runs an effect in the scope of the window. */
  constructor(run: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<unknown, unknown>) {
    this.run = run
  }

  /** Runs an action after the delay of its rule. Returns a problem if too many actions are waiting. */
  add(rule: PreparedRule, client: number, act: Effect.Effect<void>): string | undefined {
    const already = this.ofClient.get(client) ?? 0
    if (this.waiting.size >= mostWaiting || already >= mostOfClient) {
      const count = already >= mostOfClient ? `${mostOfClient} actions for one client` : `${mostWaiting} actions`
      return `${count} are already waiting; this one was dropped`
    }
    const waiting: Waiting = { rule, client, fiber: undefined }
    this.waiting.add(waiting)
    this.ofClient.set(client, already + 1)
    waiting.fiber = this.run(
      Effect.zipRight(Effect.sleep(Duration.millis(rule.rule.delay ?? 0)), act).pipe(
        Effect.ensuring(Effect.sync(() => this.forget(waiting))),
      ),
    )
    return undefined
  }

  /** Cancels the actions for a client that has disconnected. */
  clientGone(client: number): void {
    if (this.ofClient.has(client)) this.cancel((waiting) => waiting.client === client)
  }

  /** Cancels the actions of removed rules. */
  rulesChanged(rules: RuleBook): void {
    if (this.waiting.size > 0) this.cancel(({ rule }) => !rules.has(rule))
  }

  private cancel(isOver: (waiting: Waiting) => boolean): void {
    for (const waiting of this.waiting) {
      const { fiber } = waiting
      if (isOver(waiting)) fiber?.unsafeInterruptAsFork(fiber.id())
    }
  }

  private forget(waiting: Waiting): void {
    this.waiting.delete(waiting)
    const left = (this.ofClient.get(waiting.client) ?? 1) - 1
    if (left > 0) this.ofClient.set(waiting.client, left)
    else this.ofClient.delete(waiting.client)
  }
}
