import { PCGRandom } from "effect/Utils"

/** A random source with a seed. */
export class Chance {
  private readonly random: PCGRandom

  constructor(seed: number) {
    this.random = new PCGRandom(seed)
  }

  /** A whole number from 0 to below `bound`. */
  below(bound: number): number {
    return this.random.integer(bound)
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.random.integer(most - least + 1)
  }

  /** True with a probability in percent. */
  percent(share: number): boolean {
    return this.random.number() * 100 < share
  }

  /** One of some values. Undefined if there are none. */
  oneOf<A>(some: ReadonlyArray<A>): A | undefined {
    return some.length === 0 ? undefined : some[this.random.integer(some.length)]
  }

  /** One of some values, with a probability in proportion to its weight. */
  weighted<A>(choices: ReadonlyArray<readonly [weight: number, choice: A]>): A {
    const [first, ...others] = choices
    if (first === undefined) throw new Error("there is nothing to choose from")
    let [sum, chosen] = first
    for (const [weight, choice] of others) {
      sum += weight
      if (this.random.number() * sum < weight) chosen = choice
    }
    return chosen
  }
}

/** The fixed seeds of every run. The seed in `TCPFX_STRESS_SEED` comes first, if it is set. */
export const stressSeeds = (fixed: ReadonlyArray<number>): ReadonlyArray<number> => {
  const given = process.env["TCPFX_STRESS_SEED"]
  if (given === undefined || given === "") return fixed
  const seed = Number(given)
  if (!Number.isSafeInteger(seed)) throw new Error(`TCPFX_STRESS_SEED is not a whole number: ${given}`)
  return [seed, ...fixed.filter((other) => other !== seed)]
}

/** The beginning of a failure message, with the seed to repeat it. */
export const replayHint = (seed: number): string => `seed ${seed} (again with TCPFX_STRESS_SEED=${seed})`
