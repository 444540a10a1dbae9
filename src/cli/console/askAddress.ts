import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Waiters } from "../../runtime/Waiters.ts"
import { paletteOf } from "../output/theme.ts"
import { EndedBySignal } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { answerWith, type Choice, questionRows } from "./AddressChoice.ts"
import type { Key } from "./LineEditor.ts"
import { Menu } from "./Menu.ts"
import { readTerminal } from "./readTerminal.ts"
import { takeTerminal } from "./Terminal.ts"

/** The answer to the question for an address. */
export interface AskedAddress {
  readonly host: string
  /** The keys that were typed after the answer, for the console. */
  readonly typed: ReadonlyArray<Key>
}

/**
 * Asks in the terminal on which address to listen. The question has no deadline: a key chooses an address, and Esc,
 * Ctrl-C or Ctrl-D ends the command as SIGINT does. The question is erased afterwards.
 */
export const askAddress = (choices: ReadonlyArray<Choice>, port: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const stdio = yield* Stdio
      const mark = paletteOf("default", stdio.colour.output).bold
      const answered = yield* Deferred.make<string, EndedBySignal>()
      const waiters = new Waiters()
      const menu = new Menu()
      const typed: Array<Key> = []
      let at = 0
      let isDirty = true
      let isSuspended = false
      let isAnswered = false
      const wake = () => {
        isDirty = true
        waiters.wake()
      }
      const answer = (result: Effect.Effect<string, EndedBySignal>) => {
        isAnswered = true
        Deferred.unsafeDone(answered, result)
      }
      const onKey = (key: Key) => {
        if (isAnswered) {
          typed.push(key)
          return
        }
        const next = answerWith(key, choices, at)
        if (next._tag === "Chosen") answer(Effect.succeed(next.choice.host))
        if (next._tag === "Cancelled") answer(new EndedBySignal({ signal: "SIGINT" }))
        if (next._tag === "Marked") at = next.at
        isSuspended = next._tag === "Suspended"
        wake()
      }
      const terminal = yield* takeTerminal({ onKey, onResize: wake, onContinue: wake })
      const write = (text: string) => Effect.zipRight(stdio.write(Buffer.from(text)), stdio.drained)
      const erase = Effect.suspend(() => write(menu.erase(terminal.size().columns)))
      const paint = Effect.suspend(() => {
        isDirty = false
        if (isSuspended) {
          isSuspended = false
          return Effect.zipRight(
            erase,
            Effect.sync(() => terminal.suspend()),
          )
        }
        const { columns, rows: height } = terminal.size()
        return write(menu.paint(questionRows(choices, at, { height, mark, port }), columns))
      })
      const painting = Effect.forever(Effect.suspend(() => (isDirty ? paint : waiters.waitThen(Effect.void))))
      const ended = Effect.raceFirst(Effect.raceFirst(Deferred.await(answered), readTerminal(terminal)), painting)
      // A stopped terminal must not keep the process from ending.
      const host = yield* Effect.ensuring(
        ended,
        Effect.ignore(Effect.timeoutOption(Effect.interruptible(erase), "200 millis")),
      )
      return { host, typed }
    }),
  )
