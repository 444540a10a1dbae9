import type { Framing } from "./contract.ts"
import { aboveLimit } from "./refusals.ts"

// Maps each `refuses` and `cut` of this folder to its framing. A program can make a framing as
// `{ ...Framing.line, encode }`. The inherited `refuses` then does not fit the new `encode`.
const owners = new WeakMap<object, Framing>()

/** Marks `refuses` and `cut` as parts of a framing of this folder. */
export const owned = <F extends Framing>(framing: F): F => {
  if (framing.refuses !== undefined) owners.set(framing.refuses, framing)
  if (framing.cut !== undefined) owners.set(framing.cut, framing)
  return framing
}

/** Returns the `refuses` that fits the `encode` of a framing. */
export const refusesOf = ({
  encode,
  refuses,
}: Pick<Framing, "encode" | "refuses">): NonNullable<Framing["refuses"]> => {
  if (refuses === undefined) return aboveLimit
  const owner = owners.get(refuses)
  return owner === undefined || owner.encode === encode ? refuses : aboveLimit
}

/** Returns the `cut` that fits the `payloads` of a framing, or `undefined` if there is none. */
export const cutOf = ({ cut, payloads }: Pick<Framing, "cut" | "payloads">): Framing["cut"] => {
  if (cut === undefined) return undefined
  const owner = owners.get(cut)
  return owner === undefined || owner.payloads === payloads ? cut : undefined
}
