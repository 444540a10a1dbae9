import * as Either from "effect/Either"
import { LineReader } from "./LineReader.ts"
import type { LogFilter } from "./Log.ts"
import { readHex } from "./pastedBytes.ts"
import type { Recipients } from "./Recipients.ts"
import { Refusal } from "./Refusal.ts"
import { readRecipients } from "./recipientsText.ts"
import { refuse } from "./refuse.ts"

/** A filter in its written form. */
export interface WrittenFilter {
  /** The clients, if the filter names some. They are not resolved yet, so `filter` has no clients. */
  readonly clients: Recipients | undefined
  readonly filter: LogFilter
}

const directions = { in: "received", out: "sent", announcement: "announcement" } as const

/** The written form of a filter. Each part is optional. */
export const filterForm = "@RECIPIENTS in|out|announcement TEXT|/REGEX/|hex DIGITS|text TEXT"

const empty = (what: string) => refuse("value", `the filter has no ${what}`, { advice: `The form is: ${filterForm}.` })

/**
 * Reads a filter: clients, a direction and a content, in this order. Each part is optional, and a row must meet all of
 * them. The content is a text, a regular expression between slashes, or `hex` with bytes. The word `text` precedes a
 * text that would otherwise be read as another part.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * const { filter } = Either.getOrThrow(Assistant.parseFilter("in /^ERR/"))
 * assert.deepEqual(filter, { direction: "received", regex: "^ERR" })
 */
export const parseFilter = (text: string): Either.Either<WrittenFilter, Refusal> =>
  Either.gen(function* () {
    const reader = new LineReader(text.trim())
    const clients = /^!?@/.test(reader.rest()) ? yield* readRecipients(reader, false) : undefined
    const word = reader.peek()
    const direction =
      word !== undefined && Object.hasOwn(directions, word) ? directions[word as keyof typeof directions] : undefined
    if (word !== undefined && direction !== undefined) reader.take(word)
    reader.skipBlanks()
    const filter = { ...(direction === undefined ? {} : { direction }), ...(yield* contentOf(reader.rest())) }
    if (clients === undefined && Object.keys(filter).length === 0) return yield* empty("condition")
    return { clients, filter }
  })

const contentOf = (text: string): Either.Either<Pick<LogFilter, "text" | "regex" | "hex">, Refusal> => {
  if (text === "") return Either.right({})
  const regex = /^\/(.+)\/$/su.exec(text)?.[1]
  if (regex !== undefined) return Either.right({ regex })
  const [, form, rest = ""] = /^(text|hex)(?:\s+(.*))?$/su.exec(text) ?? []
  if (form === undefined) return Either.right({ text })
  if (rest === "") return empty(form === "text" ? "text" : "hex digits")
  if (form === "text") return Either.right({ text: rest })
  return Either.mapBoth(readHex(rest), {
    onLeft: ({ advice, message }) =>
      new Refusal({ reason: "value", message, field: "hex", ...(advice === undefined ? {} : { advice }) }),
    onRight: () => ({ hex: rest }),
  })
}
