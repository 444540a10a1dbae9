import { Script } from "node:vm"
import { it } from "@effect/vitest"
import { Chance, replayHint, stressSeeds } from "./stressSeeds.ts"

const slot = Symbol.for("tcpfx/test/support/fuzz")
const call = new Script(`globalThis[Symbol.for(${JSON.stringify(slot.description)})]()`)

/**
 * Runs a function with a deadline that also interrupts a regular expression. The timeout of a test cannot interrupt it,
 * because it is synchronous. The deadline is some hundred times the time needed, so a function that exceeds it takes
 * time that grows faster than its input.
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

/** One kind of broken input: a generator, and a check that must hold. */
export interface Fuzz<A> {
  readonly input: (chance: Chance) => A
  /** Throws if the input breaks the promise. The random source is for other choices, such as where reads are cut. */
  readonly check: (input: A, chance: Chance) => void
  readonly cases: number
}

/** A promise for all inputs. A failure names the input that broke the promise, and the seed to repeat it. */
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
