import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Assistant from "../../domain/assistant/index.ts"
import type { ProjectRepeat } from "../project/Project.ts"
import { forkOwned } from "./forkOwned.ts"
import { refusal } from "./refusals.ts"

// The maximum number of running repeats.
const mostRepeats = 1000

interface Repeat {
  readonly number: number
  readonly command: ProjectRepeat
  sent: number
  problem: string | undefined
  fiber: Fiber.RuntimeFiber<void> | undefined
}

/** Payloads that are sent repeatedly. Each repeat is a fiber in the scope of its window and ends with it. */
export class Repeats {
  private readonly running = new Map<number, Repeat>()
  private readonly scope: Scope.Scope
  private readonly onChanged: () => void
  private last = 0

  constructor(scope: Scope.Scope, onChanged: () => void) {
    this.scope = scope
    this.onChanged = onChanged
  }

  get states(): ReadonlyArray<Assistant.RepeatState> {
    return Array.from(this.running.values(), ({ command, number, problem, sent }) => ({
      repeat: number,
      what: Assistant.formatCommand(command),
      sent,
      intervalMillis: command.interval,
      ...(command.count === undefined ? {} : { of: command.count }),
      ...(problem === undefined ? {} : { problem }),
    }))
  }

  /** The commands of the running repeats. */
  get commands(): ReadonlyArray<ProjectRepeat> {
    return Array.from(this.running.values(), ({ command }) => command)
  }

  /**
   * Compares the running repeats with a wanted set. `missing` are wanted repeats that do not run; `surplus` are the
   * numbers of running repeats that are not wanted. Two equal wanted repeats need two running ones.
   */
  compare(wanted: ReadonlyArray<ProjectRepeat>): {
    readonly missing: ReadonlyArray<ProjectRepeat>
    readonly surplus: ReadonlyArray<number>
  } {
    const unclaimed = Array.from(this.running.values(), ({ command, number }) => ({
      number,
      text: Assistant.formatCommand(command),
    }))
    const missing = wanted.filter((repeat) => {
      const text = Assistant.formatCommand(repeat)
      const found = unclaimed.findIndex((running) => running.text === text)
      if (found >= 0) unclaimed.splice(found, 1)
      return found < 0
    })
    return { missing, surplus: unclaimed.map(({ number }) => number) }
  }

  /**
   * Starts a repeat; its first turn is due at once. `turn` sends once. If a turn is refused, the repeat shows the
   * problem and continues.
   */
  start(
    command: ProjectRepeat,
    turn: (repeat: number) => Effect.Effect<unknown, Assistant.Refusal>,
  ): Effect.Effect<number, Assistant.Refusal> {
    return Effect.suspend(() => {
      if (this.running.size >= mostRepeats) {
        return Effect.fail(refusal("limit", `${mostRepeats} repeats run already`, { advice: "cancel one of them" }))
      }
      const repeat: Repeat = { command, number: ++this.last, sent: 0, problem: undefined, fiber: undefined }
      this.running.set(repeat.number, repeat)
      this.onChanged()
      const running = forkOwned(
        this.run(repeat, turn(repeat.number)),
        () => Effect.sync(() => this.forget(repeat)),
        this.scope,
      )
      return Effect.map(running, (fiber) => {
        repeat.fiber = fiber
        return repeat.number
      })
    })
  }

  /** Cancels one repeat, or all of them, and returns their numbers. */
  cancel(number: number | undefined): Effect.Effect<ReadonlyArray<number>> {
    return Effect.suspend(() => {
      const ended = [...this.running.values()].filter((repeat) => number === undefined || repeat.number === number)
      const fibers = ended.flatMap(({ fiber }) => (fiber === undefined ? [] : [fiber]))
      return Effect.as(
        Fiber.interruptAll(fibers),
        ended.map((repeat) => repeat.number),
      )
    })
  }

  private forget({ number }: Repeat): void {
    this.running.delete(number)
    this.onChanged()
  }

  /** Turns are due at the start and at multiples of the interval after it. Missed turns are skipped. */
  private run(repeat: Repeat, turn: Effect.Effect<unknown, Assistant.Refusal>): Effect.Effect<void> {
    const { count, interval: intervalMillis } = repeat.command
    const once = Effect.match(turn, {
      onSuccess: () => {
        repeat.sent++
        repeat.problem = undefined
        this.onChanged()
      },
      onFailure: ({ message }) => {
        if (repeat.problem === message) return
        repeat.problem = message
        this.onChanged()
      },
    })
    return Effect.flatMap(elapsedMillis, (begin) => {
      const next = (due: number): Effect.Effect<void> =>
        Effect.flatMap(once, () => {
          if (count !== undefined && repeat.sent >= count) return Effect.void
          return Effect.flatMap(elapsedMillis, (now) => {
            const following = Math.max(due + 1, Math.ceil((now - begin) / intervalMillis))
            const wait = begin + following * intervalMillis - now
            return Effect.zipRight(
              Effect.sleep(Duration.millis(wait)),
              Effect.suspend(() => next(following)),
            )
          })
        })
      return next(0)
    })
  }
}

const elapsedMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)
