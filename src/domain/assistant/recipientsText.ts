import * as Either from "effect/Either"
import { parseAddressRange } from "../AddressRange.ts"
import { ConnectionId } from "../ConnectionId.ts"
import { readIp } from "../ipAddress.ts"
import { suggestion } from "../nearest.ts"
import { LineReader, quote } from "./LineReader.ts"
import type { Recipients, RecipientTerm } from "./Recipients.ts"
import type { Refusal } from "./Refusal.ts"

const allBut = "all-but"
const reserved = ["all", allBut, "last"]
const forms = "@3, @name, @tag:x, @10.0.0.0/8, @all, @all-but 3 and @last, with commas between them"
const plainName = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.-]*$/u

/** Whether a name needs quotation marks. Without them, this name would be refused or read as another kind of term. */
export const needsQuotes = (name: string): boolean =>
  !plainName.test(name) || reserved.includes(name) || /^[0-9.]+$/.test(name) || readIp(name) !== undefined

const formatName = (name: string): string => (needsQuotes(name) ? quote(name) : name)

const bareTerm = (term: RecipientTerm): string => {
  switch (term._tag) {
    case "All":
      return "all"
    case "Last":
      return "last"
    case "Id":
      return String(term.id)
    case "Name":
      return formatName(term.name)
    case "Tag":
      return `tag:${plainName.test(term.tag) ? term.tag : quote(term.tag)}`
    case "Network":
      return term.range
  }
}

/** Writes one term of recipients. */
export const formatRecipient = (term: RecipientTerm): string => `@${bareTerm(term)}`

/**
 * Writes recipients so that {@link parseRecipients} reads them back. Excluded clients follow `@all-but`, or have a `!`
 * before them.
 *
 * @example
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.equal(Assistant.formatRecipients(Assistant.everyone), "@all")
 */
export const formatRecipients = ({ some, but }: Recipients): string => {
  if (but.length > 0 && some.length === 1 && some[0]._tag === "All") return `@all-but ${but.map(bareTerm).join(",")}`
  return [...some.map(formatRecipient), ...but.map((term) => `!${formatRecipient(term)}`)].join(",")
}

/**
 * Reads recipients: `@all`, `@3`, `@plc-1`, `@tag:line2`, `@10.0.0.0/8`, `@last`, separated by commas. A `!` before a
 * term excludes the clients of the term. `@all-but 3,plc-1` means every client except these two. The `@` is optional. A
 * name that has the form of another term needs quotation marks: `@"3"`.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * const recipients = Either.getOrThrow(Assistant.parseRecipients("@tag:line2, @plc-1"))
 * assert.equal(Assistant.formatRecipients(recipients), "@tag:line2,@plc-1")
 */
export const parseRecipients = (text: string): Either.Either<Recipients, Refusal> =>
  Either.gen(function* () {
    const reader = new LineReader(text)
    const recipients = yield* readRecipients(reader, true)
    if (!reader.isAtEnd()) {
      return yield* reader.refuseAt(reader.at, "a comma is missing before the next recipient", `Recipients: ${forms}.`)
    }
    return recipients
  })

/**
 * Reads recipients at the current offset. With `alone`, the line contains only the recipients, so blanks are allowed
 * around every comma. Otherwise, blanks are allowed only after a comma, and only if `@` or `!` follows.
 */
export const readRecipients = (reader: LineReader, alone: boolean): Either.Either<Recipients, Refusal> =>
  Either.gen(function* () {
    reader.skipBlanks()
    const begin = reader.at
    const some: Array<RecipientTerm> = []
    const but: Array<RecipientTerm> = []
    const isAllBut = /^@?all-but(?=[\s,]|$)/.exec(reader.rest())?.[0]
    if (isAllBut !== undefined) {
      reader.at += isAllBut.length
      if (reader.isAtEnd()) {
        return yield* reader.refuseAt(reader.at, "all-but needs the clients to exclude", "Such as @all-but 3.")
      }
      some.push({ _tag: "All" })
    }
    do {
      const start = reader.at
      const excluded = reader.line[start] === "!"
      if (excluded) reader.at++
      const term = yield* readTerm(reader)
      if (excluded && isAllBut !== undefined) {
        return yield* reader.refuseAt(start, 'a "!" is not allowed after all-but, which excludes all of these')
      }
      if (excluded || isAllBut !== undefined) but.push(term)
      else some.push(term)
    } while (takeComma(reader, alone))
    if (!alone && /^\S/.test(reader.rest())) {
      return yield* reader.refuseAt(reader.at, "a blank is missing after the recipients")
    }
    const [first, ...more] = some
    if (first === undefined) {
      return yield* reader.refuseAt(begin, "the recipients only exclude clients", "Such as @all-but 3.")
    }
    const recipients: Recipients = { _tag: "Recipients", some: [first, ...more], but }
    return recipients
  })

const takeComma = (reader: LineReader, alone: boolean): boolean => {
  const comma = alone ? /^\s*,\s*/ : /^,(?:\s*(?=[@!]))?/
  const found = comma.exec(reader.rest())?.[0]
  reader.at += found?.length ?? 0
  return found !== undefined
}

const readTerm = (reader: LineReader): Either.Either<RecipientTerm, Refusal> =>
  Either.gen(function* () {
    const start = reader.at
    if (reader.line[start] === "@") reader.at++
    if (reader.line[reader.at] === '"') {
      const { text } = yield* reader.quoted()
      if (text === "") return yield* reader.refuseAt(start, "the name is empty")
      return { _tag: "Name", name: text }
    }
    const at = reader.at
    const tag = /^tag:(?:"|[^\s,"]*)/.exec(reader.rest())?.[0]
    if (tag !== undefined) {
      reader.at += "tag:".length
      if (tag.endsWith('"')) {
        const { text } = yield* reader.quoted()
        return text === "" ? yield* reader.refuseAt(at, "the tag is empty") : { _tag: "Tag", tag: text }
      }
      reader.at = at + tag.length
      const name = tag.slice("tag:".length)
      if (name === "") return yield* reader.refuseAt(reader.at, "the tag is missing", "Such as @tag:line2.")
      if (!plainName.test(name)) return yield* badName(reader, at + "tag:".length, name, "tag")
      return { _tag: "Tag", tag: name }
    }
    const text = /^[^\s,"]*/.exec(reader.rest())?.[0] ?? ""
    reader.at = at + text.length
    if (text === "") return yield* reader.refuseAt(at, "a recipient is missing", `Recipients: ${forms}.`)
    return yield* readBare(reader, at, text)
  })

const readBare = (reader: LineReader, at: number, text: string): Either.Either<RecipientTerm, Refusal> => {
  if (text === "all") return Either.right({ _tag: "All" })
  if (text === "last") return Either.right({ _tag: "Last" })
  if (text === allBut) return reader.refuseAt(at, "all-but must precede all other recipients", "Such as @all-but 3.")
  const number = /^#?([0-9]+)$/.exec(text)?.[1]
  if (number !== undefined) {
    const id = Number(number)
    return /^[1-9]/.test(number) && Number.isSafeInteger(id)
      ? Either.right({ _tag: "Id", id: ConnectionId.make(id) })
      : reader.refuseAt(at, `${text} is not the number of a client`, `Write @"${number}" for a client with this name.`)
  }
  if (/[/:]/.test(text) || /^[0-9.]+$/.test(text)) return readNetwork(reader, at, text)
  return plainName.test(text) ? Either.right({ _tag: "Name", name: text }) : badName(reader, at, text, "name")
}

const readNetwork = (reader: LineReader, at: number, text: string): Either.Either<RecipientTerm, Refusal> => {
  const range = parseAddressRange(text)
  if (Either.isRight(range)) return Either.right({ _tag: "Network", range: text })
  const node = /^([A-Za-z0-9_-]{1,64})\/[1-9][0-9]*$/.exec(text)?.[1]
  if (node !== undefined) {
    return reader.refuseAt(
      at,
      `@${text} names a client of another server, which only commands of that server reach`,
      `Give the command to the server ${node}, or write @${quote(text)} for a client with this name.`,
    )
  }
  const kind = /^(\p{L}+):/u.exec(text)?.[1]
  if (kind !== undefined && !/^[0-9a-f]{1,4}$/i.test(kind)) {
    return reader.refuseAt(at, `"${kind}:" is not a kind of recipient${suggestion(`${kind}:`, ["tag:"])}`)
  }
  return reader.refuseAt(
    at,
    `${quote(text)} is not a range of addresses: ${range.left.problem}`,
    `Write @${quote(text)} for a client with this name.`,
  )
}

const badName = (reader: LineReader, at: number, text: string, what: "name" | "tag"): Either.Either<never, Refusal> => {
  let wrong = 0
  while (wrong < text.length && plainName.test(text.slice(0, wrong + 1))) wrong++
  const character = String.fromCodePoint(text.codePointAt(wrong) ?? 0)
  return reader.refuseAt(
    at + wrong,
    `a ${what} with ${quote(character)} needs quotation marks`,
    `Such as @${what === "tag" ? "tag:" : ""}${quote(text)}.`,
  )
}
