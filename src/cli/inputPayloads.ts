import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Framing } from "../domain/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"
import type { Input } from "./stdio.ts"

/**
 * Standard input as payloads: what one read gave, or, where there are frames, whole lines of text. Each step gives some, or none
 * at the end.
 */
export interface InputPayloads {
  readonly next: Effect.Effect<Option.Option<ReadonlyArray<Uint8Array>>, CommandFailed>
}

export const inputPayloads = (input: Input, framing: Framing.Framing, maxFrameBytes: number): InputPayloads =>
  framing.name === "raw" ? chunks(input) : lines(input, maxFrameBytes)

const readFrom = (input: Input) => Effect.mapError(input.read, (error) => usageError(error.message))

const chunks = (input: Input): InputPayloads => ({
  next: Effect.map(
    readFrom(input),
    Option.map((chunk) => [chunk]),
  ),
})

const lines = (input: Input, maxFrameBytes: number): InputPayloads => {
  const decoder = Framing.line.decoder(maxFrameBytes)
  const tooLong = usageError(`a line of standard input is longer than ${maxFrameBytes} bytes (--max-frame)`)
  let state: "reading" | "over" | "too long" = "reading"
  const take = (chunk: Option.Option<Uint8Array>): ReadonlyArray<Uint8Array> => {
    const payloads: Array<Uint8Array> = []
    const sink: Framing.RunSink = { onRun: (run) => Framing.line.payloads(run, (payload) => payloads.push(payload)) }
    if (Option.isNone(chunk)) {
      state = "over"
      decoder.end(sink)
    } else if (!decoder.push(chunk.value, sink)) {
      state = "too long"
    }
    return payloads
  }
  const next: InputPayloads["next"] = Effect.suspend(() => {
    if (state === "over") return Effect.succeedNone
    // The lines before it, in the same read, came first.
    if (state === "too long") return tooLong
    return Effect.flatMap(Effect.map(readFrom(input), take), (payloads) =>
      payloads.length > 0 ? Effect.succeedSome(payloads) : next,
    )
  })
  return { next }
}
