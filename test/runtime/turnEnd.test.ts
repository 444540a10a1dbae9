import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { atTurnEnd } from "../../src/runtime/turnEnd.ts"
import { nextTurn } from "../../src/testing/turns.ts"

it.effect("the end of a turn runs all callbacks once, in order, and one that is added meanwhile at the next end", () =>
  Effect.gen(function* () {
    const called: Array<string> = []
    const again = { onTurnEnd: () => called.push("again") }
    atTurnEnd({
      onTurnEnd: () => {
        called.push("first")
        atTurnEnd(again)
      },
    })
    atTurnEnd({ onTurnEnd: () => called.push("second") })
    expect(called).toEqual([])
    yield* nextTurn
    expect(called.slice(0, 2)).toEqual(["first", "second"])
    yield* nextTurn
    yield* nextTurn
    expect(called).toEqual(["first", "second", "again"])
  }),
)
