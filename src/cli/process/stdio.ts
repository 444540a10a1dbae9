import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type MessageLevel, type MessageLog, plainLine } from "./MessageLog.ts"
import { InputFailed, OutputClosed, OutputFailed } from "./outputErrors.ts"
import type { Descriptor } from "./streams/descriptor.ts"
import type { InputReader } from "./streams/InputReader.ts"
import type { LastWords } from "./streams/LastWords.ts"
import type { Output } from "./streams/Output.ts"
import type { Pieces } from "./streams/Sink.ts"
import type { StandardStreams } from "./streams/StandardStreams.ts"

/** The bytes of a write, in one piece or several. They are not copied, and must not change afterwards. */
export type OutputBytes = Uint8Array | Pieces

/** Standard input, for a command that reads it. */
export interface Input {
  /**
   * Reads once, and passes the bytes to `take` as soon as they arrive, so that an interruption loses none of them. At
   * the end of the input, passes `undefined`.
   */
  readonly read: (take: (bytes: Uint8Array | undefined) => void) => Effect.Effect<void, InputFailed>
  /**
   * After this call, each read returns at most this many bytes. Their memory is reused after {@link recycle}. A file
   * is read ahead by one read.
   */
  readonly readLarge: (bytes: number) => void
  /** Allows later reads to reuse the memory of these bytes, which came from a large read. */
  readonly recycle: (bytes: Uint8Array) => void
}

/** The operations of {@link Stdio}. */
export interface StdioService {
  /**
   * Writes bytes to standard output. The bytes are queued at once. Then the effect waits while more than 1 MiB is
   * queued (64 KiB for a terminal).
   */
  readonly write: (data: OutputBytes) => Effect.Effect<void, OutputClosed | OutputFailed>
  /**
   * Writes bytes that must not change until `recycle` is called. The call comes when the kernel has accepted the
   * bytes. Waits like {@link write}.
   */
  readonly writeLent: (bytes: Uint8Array, recycle: () => void) => Effect.Effect<void, OutputClosed | OutputFailed>
  /**
   * Writes complete lines. If the disk becomes full, the file does not end with an incomplete line. Otherwise like
   * {@link write}.
   */
  readonly writeLines: (lines: string | OutputBytes) => Effect.Effect<void, OutputClosed | OutputFailed>
  /** Waits until the kernel has accepted all bytes that were written to standard output. */
  readonly drained: Effect.Effect<void, OutputClosed | OutputFailed>
  /** Fails within half a second after standard output has lost its reader or has failed. */
  readonly gone: Effect.Effect<never, OutputClosed | OutputFailed>
  /**
   * Writes a text to standard error without waiting, whatever the level of the messages is. If standard error is full,
   * texts are dropped and counted.
   */
  readonly say: (text: string) => void
  /** Writes a message to standard error as {@link say} does, if messages of this level are shown. */
  readonly tell: (level: MessageLevel, text: string) => void
  /** The choice and the form of the messages. */
  readonly log: MessageLog
  /**
   * Passes messages to a function and not to standard error until the scope closes, if standard output and standard
   * error are the same terminal. The console that paints this terminal shows the messages itself.
   */
  readonly takeMessages: (take: (text: string) => void) => Effect.Effect<void, never, Scope.Scope>
  /** Opens standard input. Nothing is read before the first `read`. */
  readonly openInput: Effect.Effect<Input, never, Scope.Scope>
  readonly inputKind: "terminal" | "file" | "pipe"
  readonly outputIsTerminal: boolean
  /** Whether standard output and standard error are the same file, pipe or terminal. */
  readonly together: boolean
  /** Whether standard output is the same socket as standard input, as under inetd. */
  readonly outputIsInput: boolean
  /** Whether standard error is the same socket as standard input. */
  readonly errorIsInput: boolean
  /**
   * Whether to write colour codes: only to a terminal that supports them, and not if NO_COLOR is set (no-color.org).
   */
  readonly colour: { readonly output: boolean; readonly error: boolean }
  /**
   * Starts the deadline of the last output, which is at least 0.5 s. If the readers then read nothing for the deadline,
   * the rest of the output is dropped.
   */
  readonly beginEnd: (deadline: Duration.Duration) => Effect.Effect<void>
  /** Starts this deadline again: while the command was writing files, the readers had nothing to read. */
  readonly restartEnd: Effect.Effect<void>
  /**
   * Waits until an effect that writes has ended, or its output is dropped. Further writes are then only counted as
   * lost.
   */
  readonly untilGivenUp: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
  /** Whether standard output or error is a regular file, which {@link reopen} opens again. */
  readonly hasFile: boolean
  /** Opens the files of standard output and error again by their paths, for example after log rotation. */
  readonly reopen: () => void
  /** Whether standard output was a terminal that has hung up. */
  readonly isTerminalGone: () => boolean
}

/** Standard input, output and error of the process. */
export class Stdio extends Context.Tag("tcpfx/cli/Stdio")<Stdio, StdioService>() {}

// The time that an effect may continue to write after its output is dropped, so that the lost bytes are counted.
const countingTime = Duration.seconds(1)

const piecesOf = (data: OutputBytes): Pieces => (data instanceof Uint8Array ? [data] : data)

/** The error for a failure of standard output, by the system's code. */
export const failureOf = (code: string, { kind }: Descriptor): OutputClosed | OutputFailed => {
  if (code === "EPIPE" || code === "ECONNRESET") return new OutputClosed({ by: "reader" })
  return code === "EIO" && kind === "terminal" ? new OutputClosed({ by: "terminal" }) : new OutputFailed({ code })
}

/** The standard streams of this process. */
export const layerOf = (streams: StandardStreams, lastWords: LastWords, log: MessageLog): Layer.Layer<Stdio> =>
  Layer.sync(Stdio, () => {
    const { err, error, input, out, output, reader } = streams
    out.watch()
    const noColour = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb"

    let taker: ((text: string) => void) | undefined
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
        return out.hasRoom() ? Effect.void : until(out, hasRoom, failed)
      })

    const say = (text: string) => (taker === undefined ? err.say(Buffer.from(text)) : taker(text))

    return Stdio.of({
      write: (data) => write(() => out.write(piecesOf(data), false)),
      writeLent: (bytes, recycle) => write(() => out.writeLent(bytes, recycle)),
      writeLines: (lines) =>
        write(() => out.write(typeof lines === "string" ? [Buffer.from(lines)] : piecesOf(lines), true)),
      drained: Effect.suspend(() => (isDrained(out) ? Effect.void : until(out, isDrained, failed))),
      gone,
      say,
      tell: (level, text) => {
        // A console shows messages for people.
        if (!log.shows(level)) return
        say(taker === undefined ? log.line(level, text) : plainLine(text))
        log.onMessage?.(level, text)
      },
      log,
      takeMessages: (take) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            if (out === err) taker = take
          }),
          () =>
            Effect.sync(() => {
              taker = undefined
            }),
        ),
      openInput: Effect.succeed(inputOf(reader)),
      inputKind: input.kind === "terminal" || input.kind === "file" ? input.kind : "pipe",
      outputIsTerminal: output.kind === "terminal",
      together: out === err,
      outputIsInput: streams.isInput(output),
      errorIsInput: streams.isInput(error),
      colour: { output: !noColour && output.kind === "terminal", error: !noColour && error.kind === "terminal" },
      beginEnd: (deadline) => Effect.sync(() => lastWords.begin(Duration.toMillis(deadline))),
      restartEnd: Effect.sync(() => lastWords.restart()),
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
            if (log.shows("warn")) err.say(Buffer.from(log.line("warn", `${which} keeps its old file: ${failure}`)))
          })
        }
      },
      isTerminalGone: () => streams.isTerminalGone(),
    })
  })

const hasRoom = (out: Output): boolean => out.hasRoom()

const isDrained = (out: Output): boolean => out.pending() === 0

const until = (
  out: Output,
  isReady: (out: Output) => boolean,
  failed: (code: string) => Effect.Effect<never, OutputClosed | OutputFailed>,
): Effect.Effect<void, OutputClosed | OutputFailed> =>
  Effect.async((resume) => {
    const stop = out.onChange(() => {
      if (out.failure === undefined && !isReady(out)) return
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
  recycle: (bytes) => reader.recycle(bytes),
})
