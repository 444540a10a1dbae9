import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type AddressFamily, parseAddressFamily } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { toggle, value } from "./flag.ts"

/** The flags of `serve` and `connect` that select IPv4 or IPv6. */
export const familyFlags = {
  family: value("family", "any|ipv4|ipv6", parseAddressFamily, {
    help: "Which addresses of a name are used (default any).",
  }),
  ipv4: toggle("ipv4", { alias: "4", help: "The same as --family ipv4." }),
  ipv6: toggle("ipv6", { alias: "6", help: "The same as --family ipv6; an endpoint without a host is [::1] then." }),
}

/** The values of {@link familyFlags}. */
export interface FamilyOptions {
  readonly family: Option.Option<AddressFamily>
  readonly ipv4: boolean
  readonly ipv6: boolean
}

/** The address family that the flags select, if any. */
export const familyFrom = ({
  family,
  ipv4,
  ipv6,
}: FamilyOptions): Either.Either<Option.Option<AddressFamily>, CommandFailed> => {
  const given = new Set<AddressFamily>(Option.toArray(family))
  if (ipv4) given.add("ipv4")
  if (ipv6) given.add("ipv6")
  return given.size > 1
    ? Either.left(usageError(`-4, -6 and --family exclude each other: ${[...given].join(" and ")}`))
    : Either.right(Option.fromIterable(given))
}
