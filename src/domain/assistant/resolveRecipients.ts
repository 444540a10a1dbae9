import * as Either from "effect/Either"
import { type AddressRange, isInRange, parseAddressRange } from "../AddressRange.ts"
import type { ConnectionId } from "../ConnectionId.ts"
import type { Endpoint } from "../Endpoint.ts"
import { NoSuchConnectionError } from "../errors.ts"
import type { Recipients, RecipientTerm } from "./Recipients.ts"
import { Refusal } from "./Refusal.ts"
import { formatRecipient, formatRecipients } from "./recipientsText.ts"

/** A connected client, with the fields that recipients refer to. */
export interface RosterEntry {
  readonly id: ConnectionId
  /** Empty if the client has no name. */
  readonly name: string
  readonly tags: ReadonlySet<string>
  readonly remote: Endpoint
}

/** The clients that recipients currently match. */
export interface Resolved {
  /** The numbers of the clients, in the order of the roster, each once. */
  readonly ids: ReadonlyArray<ConnectionId>
  /** The terms that matched no client. A term that excludes clients has a `!` before it. */
  readonly unmatched: ReadonlyArray<string>
}

type Matcher = (entry: RosterEntry) => boolean

const inRange =
  (range: AddressRange): Matcher =>
  // A client on a unix socket has no address, so no range contains it.
  ({ remote }) =>
    remote._tag === "Tcp" && isInRange(remote.host, range)

const matcherOf = (term: RecipientTerm, last: ConnectionId | undefined): Matcher => {
  switch (term._tag) {
    case "All":
      return () => true
    case "Id":
      return ({ id }) => id === term.id
    case "Name":
      return ({ name }) => name === term.name && name !== ""
    case "Tag":
      return ({ tags }) => tags.has(term.tag)
    case "Last":
      return ({ id }) => id === last
    case "Network":
      return Either.match(parseAddressRange(term.range), { onLeft: () => () => false, onRight: inRange })
  }
}

/**
 * Finds the clients that recipients match now. `last` is the client that most recently sent data. If `ids` is empty,
 * the caller refuses the command with {@link nobody}.
 */
export const resolveRecipients = (
  recipients: Recipients,
  roster: Iterable<RosterEntry>,
  last: ConnectionId | undefined,
): Resolved => {
  const matchers = (terms: ReadonlyArray<RecipientTerm>) =>
    terms.map((term) => ({ term, matches: matcherOf(term, last), found: false }))
  const some = matchers(recipients.some)
  const but = matchers(recipients.but)
  const ids: Array<ConnectionId> = []
  for (const entry of roster) {
    let included = false
    let excluded = false
    // Every term is tested, so that `unmatched` contains all terms without a client.
    for (const matcher of some) {
      if (!matcher.matches(entry)) continue
      matcher.found = true
      included = true
    }
    for (const matcher of but) {
      if (!matcher.matches(entry)) continue
      matcher.found = true
      excluded = true
    }
    if (included && !excluded) ids.push(entry.id)
  }
  return {
    ids,
    unmatched: [
      ...some.flatMap(({ found, term }) => (found ? [] : [formatRecipient(term)])),
      ...but.flatMap(({ found, term }) => (found ? [] : [`!${formatRecipient(term)}`])),
    ],
  }
}

/** Makes the refusal of a command whose recipients match no client. */
export const nobody = (recipients: Recipients, unmatched: ReadonlyArray<string>): Refusal => {
  const missing = unmatched.filter((word) => !word.startsWith("!"))
  const [only, second] = recipients.some
  if (only._tag === "Id" && second === undefined && missing.length === 1) {
    return new Refusal({ reason: "nobody", message: new NoSuchConnectionError({ id: only.id }).message, field: "to" })
  }
  const message = missing.includes("@all")
    ? "no client is connected"
    : missing.length === 0
      ? `${formatRecipients(recipients)} leaves no client`
      : `no client matches ${missing.join(", ")}`
  return new Refusal({ reason: "nobody", message, field: "to" })
}
