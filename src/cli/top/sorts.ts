import type { sortKeys } from "../control/watchQuestions.ts"

/** The values of `--sort`. */
export const sortNames = ["rate", "in", "out", "pending", "age", "name"] as const
export type SortName = (typeof sortNames)[number]

/** The order of the control socket for each value of `--sort`. The oldest client has the smallest number. */
export const orderOf: Readonly<Record<SortName, (typeof sortKeys)[number]>> = {
  rate: "rate",
  in: "in",
  out: "out",
  pending: "pending",
  age: "id",
  name: "name",
}
