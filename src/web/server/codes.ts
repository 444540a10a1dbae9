import { randomBytes } from "node:crypto"
import { sameSecret } from "./Guard.ts"

/** Codes that are good for one time. */
export interface Codes {
  readonly make: () => string
  /** Whether a code is valid. It is not any more afterwards. */
  readonly take: (given: string | null) => boolean
}

/** Codes with a life of `lifeMillis`. The oldest gives way when there are more than `most`. */
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
