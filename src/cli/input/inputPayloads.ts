import * as Effect from "effect/Effect"
import { counted } from "../../domain/eventWords.ts"
import type { Framing } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Input } from "../process/stdio.ts"
import { InputLines, type SkippedLines } from "./InputLines.ts"

/**
 * Standard input as payloads: the bytes of one read in raw framing, otherwise complete lines. Payloads stay here until
 * {@link take} returns them, so an interruption loses nothing.
 */
export interface InputPayloads {
  /** Waits until `take` has payloads. Returns `false` if the input has ended and all payloads are taken. */
  readonly more: Effect.Effect<boolean, CommandFailed>
  /** Removes the next payloads and returns them: some or all of the payloads that have arrived. */
  readonly take: () => ReadonlyArray<Uint8Array>
}

/** Makes payloads of an input. Lines longer than `maxFrameBytes` are skipped, and `onSkipped` reports them. */
export const inputPayloads = (
  input: Pick<Input, "read">,
  framing: Framing.Framing,
  maxFrameBytes: number,
  onSkipped: (skipped: SkippedLines) => void,
): InputPayloads =>
  payloadsOf(input, framing.delimited === false ? new Reads() : new InputLines(maxFrameBytes, onSkipped))

/**
 * The message about skipped lines.
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

/** Splits reads into payloads. */
interface Cutter {
  readonly push: (chunk: Uint8Array) => void
  readonly end: () => void
  readonly take: () => ReadonlyArray<Uint8Array>
  readonly hasMore: () => boolean
}

const none: ReadonlyArray<Uint8Array> = []

class Reads implements Cutter {
  private last = none

  push(chunk: Uint8Array): void {
    this.last = [chunk]
  }

  end(): void {}

  hasMore(): boolean {
    return this.last.length > 0
  }

  take(): ReadonlyArray<Uint8Array> {
    const { last } = this
    this.last = none
    return last
  }
}

const payloadsOf = (input: Pick<Input, "read">, cutter: Cutter): InputPayloads => {
  let isOver = false
  const read = Effect.mapError(
    input.read((chunk) => {
      if (chunk !== undefined) return cutter.push(chunk)
      isOver = true
      cutter.end()
    }),
    (error) => usageError(error.message),
  )
  const more: InputPayloads["more"] = Effect.suspend(() =>
    cutter.hasMore() || isOver ? Effect.succeed(cutter.hasMore()) : Effect.zipRight(read, more),
  )
  return { more, take: () => cutter.take() }
}
