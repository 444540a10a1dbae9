import { Script } from "node:vm"
import { it } from "@effect/vitest"
import { Chance, replayHint, stressSeeds } from "./stressSeeds.ts"

const slot = Symbol.for("tcpfx/test/support/fuzz")
const call = new Script(`globalThis[Symbol.for(${JSON.stringify(slot.description)})]()`)

/**
 * Runs a function, and breaks off one that does not come to its end, even inside a regular expression: a test's own
 * timeout cannot, as nothing else runs meanwhile. The time is some hundred times what is needed: what passes it grows
 * faster than its input.
 */
export const within = <A>(millis: number, run: () => A): A => {
  let result: { readonly value: A } | undefined
  Reflect.set(globalThis, slot, () => {
    result = { value: run() }
  })
  try {
    call.runInThisContext({ timeout: millis })
  } finally {
    Reflect.deleteProperty(globalThis, slot)
  }
  if (result === undefined) throw new Error("it did not come to its end")
  return result.value
}

const shown = (input: unknown): string =>
  input instanceof Uint8Array ? `bytes ${Buffer.from(input).toString("hex")}` : JSON.stringify(input)

/** One kind of broken input: how chance makes one, and what has to hold of it. */
export interface Fuzz<A> {
  readonly input: (chance: Chance) => A
  /** Fails by throwing. The chance is for what else it needs, such as the places where reads are cut. */
  readonly check: (input: A, chance: Chance) => void
  readonly cases: number
}

/** A promise that is kept whatever the input. Its failure says which one broke it, and how to have it again. */
export const fuzz = <A>(promise: string, { input, check, cases }: Fuzz<A>): void => {
  for (const seed of stressSeeds([0x7cf, 2])) {
    it(`${promise} (seed ${seed})`, () => {
      const chance = new Chance(seed)
      let current: A | undefined
      try {
        within(50_000, () => {
          for (let index = 0; index < cases; index++) {
            current = input(chance)
            check(current, chance)
          }
        })
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause)
        throw new Error(`${replayHint(seed)}: ${shown(current)}: ${problem}`, { cause })
      }
    })
  }
}
