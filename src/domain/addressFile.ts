import * as Either from "effect/Either"
import { parseAddressRange } from "./AddressRange.ts"
import { type AddressSet, AddressSetBuilder, atOnce, type Slices } from "./AddressSet.ts"
import { readIpWords, unmappedWords } from "./ipWords.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

// The length of a slice, bytes. Parsing this many bytes takes about 1 ms.
const sliceBytes = 16 * 1024

const separators = new Set([...", \t\v\f\r\n"].map((text) => text.charCodeAt(0)))

// Matches a comment, a line end, or an address.
const parts = /#[^\r\n]*|\n|[^\s,#]+/g

/** Returns the end of the slice that begins at `from`. The end never splits an address. */
const pieceEnd = (content: Uint8Array, from: number): number => {
  let end = Math.min(from + sliceBytes, content.length)
  while (end < content.length && !separators.has(content[end - 1] as number)) end++
  return end
}

/**
 * Adds a range in its common form. Returns `false` for any other text. The caller then uses {@link parseAddressRange}.
 */
const addUsual = (text: string, builder: AddressSetBuilder): boolean => {
  const slash = text.indexOf("/")
  const words = readIpWords(slash < 0 ? text : text.slice(0, slash))
  if (words === undefined || unmappedWords(words) !== words) return false
  const most = 32 * words.length
  const prefix = slash < 0 ? String(most) : text.slice(slash + 1)
  if (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > most) return false
  builder.addWords(words, Number(prefix), text)
  return true
}

const add = (text: string, line: number, builder: AddressSetBuilder): ValueSyntaxError | undefined => {
  if (addUsual(text, builder)) return undefined
  const range = parseAddressRange(text)
  if (Either.isRight(range)) {
    builder.add(range.right)
    return undefined
  }
  return new ValueSyntaxError({ ...range.left, problem: `line ${line}: ${range.left.problem}` })
}

/**
 * Reads a file of addresses and ranges into a builder, in slices. A line contains any number of addresses, separated by
 * commas or blanks. `#` begins a comment. An error names the line.
 */
export function* readAddressFile(
  content: Uint8Array,
  builder: AddressSetBuilder,
): Slices<Either.Either<void, ValueSyntaxError>> {
  // One decoder decodes the whole file, so it removes a byte order mark only at the beginning.
  const decoder = new TextDecoder()
  let line = 1
  let inComment = false
  for (let from = 0; from < content.length; yield) {
    const end = pieceEnd(content, from)
    const text = decoder.decode(content.subarray(from, end), { stream: true })
    from = end
    parts.lastIndex = inComment ? text.search(/[\r\n]|$/) : 0
    for (let part = parts.exec(text); part !== null; part = parts.exec(text)) {
      const [found] = part
      if (found === "\n") line++
      if (found === "\n" || found.startsWith("#")) continue
      const error = add(found, line, builder)
      if (error !== undefined) return Either.left(error)
    }
    inComment = endsInComment(text, inComment)
  }
  return Either.void
}

/** Whether a comment continues after the end of a piece. */
const endsInComment = (text: string, wasInComment: boolean): boolean => {
  const lineStart = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1
  return text.includes("#", lineStart) || (wasInComment && lineStart === 0)
}

/**
 * Reads a file of addresses and ranges. A line contains any number of addresses. `#` begins a comment. An error names
 * the line.
 *
 * @example
 * import { Either } from "effect"
 * import { parseAddressFile } from "tcpfx/domain"
 *
 * const set = Either.getOrThrow(parseAddressFile(new TextEncoder().encode("# the lab\n10.0.0.0/8 ::1\n")))
 * assert.deepEqual([set.size, set.find("10.1.2.3")], [2, "10.0.0.0/8"])
 */
export const parseAddressFile = (content: Uint8Array): Either.Either<AddressSet, ValueSyntaxError> => {
  const builder = new AddressSetBuilder()
  return Either.map(atOnce(readAddressFile(content, builder)), () => atOnce(builder.build()))
}
