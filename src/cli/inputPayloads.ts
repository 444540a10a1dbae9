import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Framing } from "../domain/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"
import { InputLines, type SkippedLines } from "./InputLines.ts"
import { counted } from "./output/format.ts"
import type { Input } from "./stdio.ts"

/**
 * Standard input as payloads: in raw framing what one read gave, else whole lines of text. Each step gives at least one
 * payload, or none at the end of the input.
 */
export interface InputPayloads {
  readonly next: Effect.Effect<Option.Option<ReadonlyArray<Uint8Array>>, CommandFailed>
}

/** `onSkipped` is told of the lines that are longer than `maxFrameBytes`. They are not given; the next ones are. */
export const inputPayloads = (
  input: Input,
  framing: Framing.Framing,
  maxFrameBytes: number,
  onSkipped: (skipped: SkippedLines) => void,
): InputPayloads => (framing.name === "raw" ? chunks(input) : lines(input, new InputLines(maxFrameBytes, onSkipped)))

/**
 * What to say of lines that were skipped.
 *
 * For example, with a limit of 4 bytes:
 *
 *     describeSkipped({ first: 3, lines: 1, bytes: 5, isWhole: true }, 4)
 *     // "line 3 of standard input was not sent: its 5 bytes are above 4 (--max-frame)"
 */
export const describeSkipped = ({ bytes, first, isWhole, lines }: SkippedLines, maxFrameBytes: number): string => {
  const limit = `above ${maxFrameBytes} (--max-frame)`
  if (!isWhole) return `line ${first} of standard input is not sent: its length is ${limit}`
  return lines === 1
    ? `line ${first} of standard input was not sent: its ${counted(bytes, "byte")} are ${limit}`
    : `${lines} lines of standard input from line ${first} on were not sent: each is ${limit}; ${bytes} bytes in all`
}

const readFrom = (input: Input) => Effect.mapError(input.read, (error) => usageError(error.message))

const chunks = (input: Input): InputPayloads => ({
  next: Effect.map(
    readFrom(input),
    Option.map((chunk) => [chunk]),
  ),
})

const lines = (input: Input, cutter: InputLines): InputPayloads => {
  let isOver = false
  const read = Effect.map(readFrom(input), (chunk) => {
    if (Option.isSome(chunk)) return cutter.push(chunk.value)
    isOver = true
    cutter.end()
  })
  const next: InputPayloads["next"] = Effect.suspend(() => {
    const payloads = cutter.take()
    if (payloads.length > 0) return Effect.succeedSome(payloads)
    return isOver ? Effect.succeedNone : Effect.zipRight(read, next)
  })
  return { next }
}
