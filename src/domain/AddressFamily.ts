import * as Either from "effect/Either"
import { isIpv6Text } from "./hostText.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** The families of addresses to use when a name has several addresses. */
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
 * Returns the addresses of a family in the order of the input. For `any`, returns all addresses.
 *
 * @example
 * import { ofFamily } from "tcpfx/domain"
 *
 * assert.deepEqual(ofFamily(["::1", "127.0.0.1"], "ipv4"), ["127.0.0.1"])
 */
export const ofFamily = (addresses: ReadonlyArray<string>, family: AddressFamily): ReadonlyArray<string> =>
  family === "any" ? addresses : addresses.filter((address) => isIpv6Text(address) === (family === "ipv6"))
