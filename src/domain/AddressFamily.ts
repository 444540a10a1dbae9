import * as Either from "effect/Either"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** Which addresses are meant where a name has several: all, or those of one family only. */
export const addressFamilies = ["any", "ipv4", "ipv6"] as const
export type AddressFamily = (typeof addressFamilies)[number]

/** Reads `any`, `ipv4` or `ipv6`. */
export const parseAddressFamily = (input: string): Either.Either<AddressFamily, ValueSyntaxError> => {
  const found = addressFamilies.find((family) => family === input)
  return found === undefined
    ? Either.left(
        new ValueSyntaxError({
          input,
          kind: "an address family",
          problem: "the name is unknown",
          expected: addressFamilies.join(", "),
        }),
      )
    : Either.right(found)
}

/**
 * The addresses of a family, in the order that they had.
 *
 * @example
 * import { ofFamily } from "tcpfx/domain"
 *
 * assert.deepEqual(ofFamily(["::1", "127.0.0.1"], "ipv4"), ["127.0.0.1"])
 */
export const ofFamily = (addresses: ReadonlyArray<string>, family: AddressFamily): ReadonlyArray<string> =>
  family === "any" ? addresses : addresses.filter((address) => address.includes(":") === (family === "ipv6"))
