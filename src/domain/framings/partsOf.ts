import type { Framing } from "./contract.ts"
import { aboveLimit } from "./refusals.ts"

// The framings of this folder that their `refuses` or `cut` belongs to. A framing of the user can be made as
// `{ ...Framing.line, encode }`; then `refuses` does not fit `encode`.
const owners = new WeakMap<object, Framing>()

/** Marks `refuses` and `cut` as parts of a framing of this folder. */
export const owned = (framing: Framing): Framing => {
  if (framing.refuses !== undefined) owners.set(framing.refuses, framing)
  if (framing.cut !== undefined) owners.set(framing.cut, framing)
  return framing
}

/** The `refuses` that fits the `encode` of a framing. */
export const refusesOf = ({
  encode,
  refuses,
}: Pick<Framing, "encode" | "refuses">): NonNullable<Framing["refuses"]> => {
  if (refuses === undefined) return aboveLimit
  const owner = owners.get(refuses)
  return owner === undefined || owner.encode === encode ? refuses : aboveLimit
}

/** The `cut` that fits the `payloads` of a framing. */
export const cutOf = ({ cut, payloads }: Pick<Framing, "cut" | "payloads">): Framing["cut"] => {
  if (cut === undefined) return undefined
  const owner = owners.get(cut)
  return owner === undefined || owner.payloads === payloads ? cut : undefined
}
