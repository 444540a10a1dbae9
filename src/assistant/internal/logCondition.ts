import * as Effect from "effect/Effect"
import type * as Assistant from "../../domain/assistant/index.ts"
import { compileContentTest, searchedBytes } from "../frameTest.ts"
import { EntryKind, type LogChunk } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import { hasRecipient } from "./recipientList.ts"

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
    const { direction, keepsAnnouncements = false, language = "en" } = filter
    const clients = filter.clients === undefined ? undefined : new Set<number>(filter.clients)
    const kind = direction === undefined ? undefined : kinds[direction]
    const test = yield* compileContentTest(filter)
    const isKept = (chunk: LogChunk, entry: number): boolean =>
      keepsAnnouncements && chunk.kind(entry) === EntryKind.note
    return {
      isOfEntries: test === undefined,
      admits: (chunk, entry) =>
        isKept(chunk, entry) ||
        ((kind === undefined || chunk.kind(entry) === kind) && (clients === undefined || isOf(chunk, entry, clients))),
      matches: (chunk, entry, frame) => {
        if (test === undefined || isKept(chunk, entry)) return true
        const bytes = frame?.subarray(0, searchedBytes)
        let known: string | undefined
        const textOf = () => {
          known ??=
            bytes === undefined
              ? reader.wordsOf(chunk.noteOf(entry), language).text
              : reader.textOf(chunk, entry, bytes)
          return known
        }
        return test(bytes, textOf)
      },
    } satisfies LogCondition
  })

const isOf = (chunk: LogChunk, entry: number, clients: ReadonlySet<number>): boolean => {
  const client = chunk.client[entry] as number
  if (client !== 0) return clients.has(client)
  return chunk.kind(entry) === EntryKind.sent && hasRecipient(chunk.recipientsOf(entry), clients)
}
