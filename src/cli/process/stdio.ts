import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { InputFailed, OutputClosed, OutputFailed } from "./outputErrors.ts"
import type { Descriptor } from "./streams/descriptor.ts"
import type { InputReader } from "./streams/InputReader.ts"
import type { LastWords } from "./streams/LastWords.ts"
import type { Output } from "./streams/Output.ts"
import type { Pieces } from "./streams/Sink.ts"
import type { StandardStreams } from "./streams/StandardStreams.ts"

/** What {@link Stdio} writes: bytes in one piece or in several, which are not joined. They must not change afterwards. */
export type OutputBytes = Uint8Array | Pieces

/** Standard input while a command reads it. */
export interface Input {
  /**
   * Reads once, and gives the bytes, or nothing at the end, to `take` in the moment in which they come: an interruption
   * loses none of them.
   */
  readonly read: (take: (bytes: Uint8Array | undefined) => void) => Effect.Effect<void, InputFailed>
  /**
   * Has each read take up to so many bytes from now on, into memory that is reused once it is given back. A file is read
   * ahead by one read.
   */
  readonly readLarge: (bytes: number) => void
  /** Lets the memory of these bytes, which a large read has given, be read into again. */
  readonly giveBack: (bytes: Uint8Array) => void
}

/** What {@link Stdio} does. */
export interface StdioService {
  /**
   * Writes bytes to standard output. They are queued at once; the effect waits while more than a bound is queued (1 MiB,
   * 64 KiB for a terminal).
   */
  readonly write: (data: OutputBytes) => Effect.Effect<void, OutputClosed | OutputFailed>
  /**
   * Writes bytes that are lent: `giveBack` is called when the system has taken them, and from then on they may change.
   * Waits as {@link write} does.
   */
  readonly writeLent: (bytes: Uint8Array, giveBack: () => void) => Effect.Effect<void, OutputClosed | OutputFailed>
  /** Does what `write` does with whole lines, none of which is to stay torn in a file that becomes full. */
  readonly writeLines: (lines: string | OutputBytes) => Effect.Effect<void, OutputClosed | OutputFailed>
  /** Waits until standard output has no reader any more, or has failed; found within half a second. */
  readonly gone: Effect.Effect<never, OutputClosed | OutputFailed>
  /** Writes a message to standard error. Messages that are not read are left out and counted, never waited for. */
  readonly say: (text: string) => void
  /** Begins to read standard input. Nothing is read before it is asked for. */
  readonly openInput: Effect.Effect<Input, never, Scope.Scope>
  readonly inputKind: "terminal" | "file" | "pipe"
  readonly outputIsTerminal: boolean
  /** Whether standard output and standard error lead to the same place. */
  readonly together: boolean
  /** Whether colour codes are wanted: there is a terminal that can, and NO_COLOR is not set (no-color.org). */
  readonly colour: { readonly output: boolean; readonly error: boolean }
  /** The command is about to end: from now on a reader that takes nothing for so long (at least 0.5 s) is given up. */
  readonly beginEnd: (deadline: Duration.Duration) => Effect.Effect<void>
  /** Waits for an effect that writes. When the reader is given up, what it still writes is only counted as lost. */
  readonly untilGivenUp: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
  /** Whether standard output or error is a regular file, which {@link reopen} opens anew. */
  readonly hasFile: boolean
  /** Opens the files of standard output and error anew by their names, as after a rotation of logs. */
  readonly reopen: () => void
  /** Whether standard output led to a terminal that has gone. */
  readonly isTerminalGone: () => boolean
}

/** Standard input, output and error of the process. */
export class Stdio extends Context.Tag("tcpfx/cli/Stdio")<Stdio, StdioService>() {}

// What an effect that writes may still take once its output is given up.
const countingTime = Duration.seconds(1)

const piecesOf = (data: OutputBytes): Pieces => (data instanceof Uint8Array ? [data] : data)

/** What a failure of standard output means, by the system's code. */
export const failureOf = (code: string, { kind }: Descriptor): OutputClosed | OutputFailed => {
  if (code === "EPIPE" || code === "ECONNRESET") return new OutputClosed({ by: "reader" })
  return code === "EIO" && kind === "terminal" ? new OutputClosed({ by: "terminal" }) : new OutputFailed({ code })
}

/** The process's own. */
export const layerOf = (streams: StandardStreams, lastWords: LastWords): Layer.Layer<Stdio> =>
  Layer.sync(Stdio, () => {
    const { err, error, input, out, output, reader } = streams
    out.watch()
    const noColour = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb"

    const failed = (code: string) => Effect.fail(failureOf(code, output))
    const gone = Effect.async<never, OutputClosed | OutputFailed>((resume) => {
      const look = () => {
        if (out.failure === undefined) return
        stop()
        resume(failed(out.failure))
      }
      const stop = out.onChange(look)
      look()
      return Effect.sync(stop)
    })

    const write = (queue: () => void) =>
      Effect.suspend(() => {
        queue()
        if (out.failure !== undefined) return failed(out.failure)
        return out.hasRoom() ? Effect.void : untilRoom(out, failed)
      })

    return Stdio.of({
      write: (data) => write(() => out.write(piecesOf(data), false)),
      writeLent: (bytes, giveBack) => write(() => out.writeLent(bytes, giveBack)),
      writeLines: (lines) =>
        write(() => out.write(typeof lines === "string" ? [Buffer.from(lines)] : piecesOf(lines), true)),
      gone,
      say: (text) => err.say(Buffer.from(text)),
      openInput: Effect.succeed(inputOf(reader)),
      inputKind: input.kind === "terminal" || input.kind === "file" ? input.kind : "pipe",
      outputIsTerminal: output.kind === "terminal",
      together: out === err,
      colour: { output: !noColour && output.kind === "terminal", error: !noColour && error.kind === "terminal" },
      beginEnd: (deadline) => Effect.sync(() => lastWords.begin(Duration.toMillis(deadline))),
      untilGivenUp: (effect) => {
        const givenUp: Effect.Effect<void> = Effect.suspend(() => {
          const patience = lastWords.patience()
          if (patience > 0) return Effect.zipRight(Effect.sleep(patience), givenUp)
          lastWords.giveUp()
          return Effect.sleep(countingTime)
        })
        return Effect.raceFirst(Effect.asSome(effect), Effect.as(givenUp, Option.none()))
      },
      hasFile: streams.hasFile(),
      reopen: () => {
        for (const one of streams.outputs()) {
          one.reopen((failure) => {
            if (failure === undefined) return
            const which = one === out ? "standard output" : "standard error"
            err.say(Buffer.from(`tcpfx: ${which} stays in its old file: ${failure}\n`))
          })
        }
      },
      isTerminalGone: () => streams.isTerminalGone(),
    })
  })

const untilRoom = (
  out: Output,
  failed: (code: string) => Effect.Effect<never, OutputClosed | OutputFailed>,
): Effect.Effect<void, OutputClosed | OutputFailed> =>
  Effect.async((resume) => {
    const stop = out.onChange(() => {
      if (out.failure === undefined && !out.hasRoom()) return
      stop()
      resume(out.failure === undefined ? Effect.void : failed(out.failure))
    })
    return Effect.sync(stop)
  })

const inputOf = (reader: InputReader): Input => ({
  read: (take) =>
    Effect.async<void, InputFailed>((resume) => {
      const stop = reader.read((result) => {
        if (result._tag === "Failed") return resume(new InputFailed({ code: result.code }))
        take(result._tag === "Bytes" ? result.bytes : undefined)
        resume(Effect.void)
      })
      return Effect.sync(stop)
    }),
  readLarge: (bytes) => reader.readLarge(bytes),
  giveBack: (bytes) => reader.giveBack(bytes),
})
