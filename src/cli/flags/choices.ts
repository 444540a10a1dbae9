import type { FlagShape } from "./flag.ts"

// A part of a placeholder in capitals stands for a value, such as PATH in `PATH|none`. Other parts are values.
const isValue = (part: string): boolean => part !== part.toUpperCase() || /^[0-9.]+$/.test(part)

/** The values that the placeholder of a flag lists, such as `close` and `keep` of `close|keep`. */
export const choicesOf = ({ placeholder }: Pick<FlagShape, "placeholder">): ReadonlyArray<string> =>
  placeholder.includes("|") ? placeholder.split("|").filter(isValue) : []
