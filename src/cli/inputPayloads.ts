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
  let over = false
  const collect = (feed: (emit: (run: Uint8Array) => void) => boolean) => {
    const payloads: Array<Uint8Array> = []
    const whole = feed((run) => Framing.line.payloads(run, (payload) => payloads.push(payload)))
    return whole
      ? Effect.succeed(payloads)
      : Effect.fail(usageError(`a line of standard input is longer than ${maxFrameBytes} bytes (--max-frame)`))
  }
  const next: InputPayloads["next"] = Effect.suspend(() => {
    if (over) return Effect.succeedNone
    return Effect.flatMap(
      readFrom(input),
      Option.match({
        onNone: () => {
          over = true
          const rest = collect((emit) => {
            decoder.end(emit)
            return true
          })
          return Effect.flatMap(rest, (payloads) => (payloads.length > 0 ? Effect.succeedSome(payloads) : next))
        },
        onSome: (chunk) =>
          Effect.flatMap(
            collect((emit) => decoder.push(chunk, emit)),
            (payloads) => (payloads.length > 0 ? Effect.succeedSome(payloads) : next),
          ),
      }),
    )
  })
  return { next }
}
