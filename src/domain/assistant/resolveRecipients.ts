import * as Either from "effect/Either"
import { type AddressRange, isInRange, parseAddressRange } from "../AddressRange.ts"
import type { ConnectionId } from "../ConnectionId.ts"
import type { Endpoint } from "../Endpoint.ts"
import { NoSuchConnectionError } from "../errors.ts"
import type { Recipients, RecipientTerm } from "./Recipients.ts"
import { Refusal } from "./Refusal.ts"
import { formatRecipient, formatRecipients } from "./recipientsText.ts"

/** What recipients are compared with: one connected client. */
export interface RosterEntry {
  readonly id: ConnectionId
  /** Empty: it was given none. */
  readonly name: string
  readonly tags: ReadonlySet<string>
  readonly remote: Endpoint
}

/** The clients that recipients mean now. */
export interface Resolved {
  /** In the order of the roster, each once. */
  readonly ids: ReadonlyArray<ConnectionId>
  /** Words of the recipients that matched no client; a word that leaves clients out has a `!` before it. */
  readonly unmatched: ReadonlyArray<string>
}

type Matcher = (entry: RosterEntry) => boolean

const inRange =
  (range: AddressRange): Matcher =>
  // A client over a unix socket has no address, so it is in no range.
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
 * Finds the clients that recipients mean at this moment. `last` is the client that sent something last. Where `ids` is
 * empty the caller refuses with {@link nobody}.
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
    // Each word is asked, so that a word that matches no client is found.
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

/** The refusal of a command whose recipients mean no client. */
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
