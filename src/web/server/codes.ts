import { randomBytes } from "node:crypto"
import { sameSecret } from "./Guard.ts"

/** Codes that are valid once. */
export interface Codes {
  readonly make: () => string
  /** Returns whether a code is valid, and makes it invalid. */
  readonly take: (given: string | null) => boolean
}

/**
 * Makes codes that expire after `lifeMillis`. If there are already `most` codes, a new code replaces the oldest code.
 */
export const makeCodes = (lifeMillis = 60_000, most = 8): Codes => {
  const codes = new Map<string, number>()
  return {
    make: () => {
      const code = randomBytes(16).toString("base64url")
      const [oldest] = codes.keys()
      if (oldest !== undefined && codes.size >= most) codes.delete(oldest)
      codes.set(code, performance.now() + lifeMillis)
      return code
    },
    take: (given) => {
      const found = given === null ? undefined : [...codes].find(([code]) => sameSecret(code, given))
      if (found === undefined) return false
      const [code, end] = found
      codes.delete(code)
      return performance.now() < end
    },
  }
}
