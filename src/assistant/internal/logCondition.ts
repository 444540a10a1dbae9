import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import { EntryKind, type LogChunk } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import { compileRegex } from "./linearRegex.ts"
import { hasRecipient } from "./recipientList.ts"

// The number of bytes of a frame that a search tests.
const searchedBytes = 64 * 1024

/** A compiled filter. */
export interface LogCondition {
  /** Whether rows of an entry can match. This test is cheap. */
  readonly admits: (chunk: LogChunk, entry: number) => boolean
  /** Whether all rows of an admitted entry match. */
  readonly isOfEntries: boolean
  /** Whether a row of an admitted entry matches. `frame` is `undefined` for a note. */
  readonly matches: (chunk: LogChunk, entry: number, frame: Uint8Array | undefined) => boolean
}

const kinds = { received: EntryKind.received, sent: EntryKind.sent, announcement: EntryKind.note } as const

/** Compiles a filter. An invalid regular expression or hex text is refused. */
export const compileFilter = (
  filter: Assistant.LogFilter,
  reader: LogReader,
): Effect.Effect<LogCondition, Assistant.Refusal> =>
  Effect.gen(function* () {
    const { direction, hex, language = "en", regex, text } = filter
    const clients = filter.clients === undefined ? undefined : new Set<number>(filter.clients)
    const kind = direction === undefined ? undefined : kinds[direction]
    const tests: Array<(bytes: Uint8Array | undefined, text: () => string) => boolean> = []
    if (hex !== undefined && hex.trim() !== "") {
      const wanted = Buffer.from(yield* Effect.mapError(Assistant.readHex(hex), hexRefused))
      tests.push(
        (bytes) => bytes !== undefined && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(wanted),
      )
    }
    const needle = text === undefined || text === "" ? undefined : text.toLowerCase()
    if (needle !== undefined) {
      const ascii = /^[\x20-\x7e]*$/.test(needle) ? new TextEncoder().encode(needle) : undefined
      tests.push((_, textOf) => textOf().toLowerCase().includes(needle))
      if (ascii !== undefined) tests.unshift((bytes) => bytes === undefined || mayContain(bytes, ascii))
    }
    if (regex !== undefined && regex !== "") {
      const compiled = yield* compileRegex(regex, { field: "regex" })
      tests.push((_, textOf) => compiled.test(textOf()))
    }
    return {
      isOfEntries: tests.length === 0,
      admits: (chunk, entry) =>
        (kind === undefined || chunk.kind(entry) === kind) && (clients === undefined || isOf(chunk, entry, clients)),
      matches: (chunk, entry, frame) => {
        const bytes = frame?.subarray(0, searchedBytes)
        let known: string | undefined
        const textOf = () => {
          known ??=
            bytes === undefined
              ? reader.wordsOf(chunk.noteOf(entry), language).text
              : reader.textOf(chunk, entry, bytes)
          return known
        }
        return tests.every((test) => test(bytes, textOf))
      },
    } satisfies LogCondition
  })

const hexRefused = ({ advice, at, message }: Assistant.Refusal): Assistant.Refusal =>
  new Assistant.Refusal({
    reason: "value",
    message,
    field: "hex",
    ...(advice === undefined ? {} : { advice }),
    ...(at === undefined ? {} : { at }),
  })

const isOf = (chunk: LogChunk, entry: number, clients: ReadonlySet<number>): boolean => {
  const client = chunk.client[entry] as number
  if (client !== 0) return clients.has(client)
  return chunk.kind(entry) === EntryKind.sent && hasRecipient(chunk.recipientsOf(entry), clients)
}

/**
 * Whether bytes may contain an ASCII text, ignoring case. In every encoding, an ASCII character is encoded as its own
 * byte. In UTF-16, a zero byte stands beside it.
 */
const mayContain = (bytes: Uint8Array, wanted: Uint8Array): boolean => {
  const first = wanted[0] as number
  const last = bytes.length - wanted.length
  for (let at = 0; at < bytes.length; at++) {
    if (lower(bytes[at] as number) !== first) continue
    if (bytes[at + 1] === 0 || (at > 0 && bytes[at - 1] === 0)) return true
    if (at > last) return false
    let same = 1
    while (same < wanted.length && lower(bytes[at + same] as number) === wanted[same]) same++
    if (same === wanted.length) return true
  }
  return false
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)
