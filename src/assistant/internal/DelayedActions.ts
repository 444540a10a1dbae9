import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { PreparedRule, RuleBook } from "./RuleBook.ts"

const mostWaiting = 10_000
// One client must not use up the room of the others.
const mostOfClient = 1000

interface Waiting {
  readonly rule: PreparedRule
  readonly client: number
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
}

/** Actions of rules that wait for the delay of their rule. They end with their client and with their rule. */
export class DelayedActions {
  private readonly run: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<unknown, unknown>
  private readonly waiting = new Set<Waiting>()
  private readonly ofClient = new Map<number, number>()

  /** `run` runs an effect in the scope of the window. */
  constructor(run: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<unknown, unknown>) {
    this.run = run
  }

  /** Acts after the delay of a rule. Gives the problem, where too many actions wait already. */
  add(rule: PreparedRule, client: number, act: Effect.Effect<void>): string | undefined {
    const already = this.ofClient.get(client) ?? 0
    if (this.waiting.size >= mostWaiting || already >= mostOfClient) {
      const count = already >= mostOfClient ? `${mostOfClient} actions for one client` : `${mostWaiting} actions`
      return `${count} wait already; this one was left out`
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

  /** Takes back the actions for a client that has gone. */
  clientGone(client: number): void {
    if (this.ofClient.has(client)) this.cancel((waiting) => waiting.client === client)
  }

  /** Takes back the actions of rules that are there no more. */
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
