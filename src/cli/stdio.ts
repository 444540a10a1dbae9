import * as fs from "node:fs"
import type { Readable, Writable } from "node:stream"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** The reader of standard output has gone (EPIPE): there is nobody left to work for. */
export class OutputClosed extends Data.TaggedError("OutputClosed")<Record<never, never>> {}

/** Standard output could not be written for another reason, such as a full disk. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `standard output cannot be written (${this.code})`
  }
}

/** Standard input cannot be read: it is a folder, say. */
export class InputFailed extends Data.TaggedError("InputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `standard input cannot be read (${this.code})`
  }
}

/** Standard input, output and error of the process. */
export class Stdio extends Context.Tag("tcpfx/cli/Stdio")<
  Stdio,
  {
    /** Writes to standard output; waits while its reader does not take it. */
    readonly write: (data: Uint8Array | string) => Effect.Effect<void, OutputClosed | OutputFailed>
    /** Writes to standard error: talk, which is dropped rather than waited for when nobody reads it. */
    readonly say: (text: string) => void
    /** Begins to read standard input. Each read gives a chunk, or none at its end; nothing is read ahead. */
    readonly openInput: Effect.Effect<Input, never, Scope.Scope>
    readonly inputKind: "terminal" | "file" | "pipe"
    readonly outputIsTerminal: boolean
    /** Whether colour codes are wanted: there is a terminal that can, and NO_COLOR is not set (no-color.org). */
    readonly colour: { readonly output: boolean; readonly error: boolean }
  }
>() {}

/** Standard input while somebody reads it. */
export interface Input {
  readonly read: Effect.Effect<Option.Option<Uint8Array>, InputFailed>
}

// What may wait on standard error. Beyond it talk is dropped: a reader that stalls must not stop the sockets.
const talkBytes = 1024 * 1024

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? "UNKNOWN"

const inputKind = (): "terminal" | "file" | "pipe" => {
  if (process.stdin.isTTY === true) return "terminal"
  try {
    return fs.fstatSync(0).isFile() ? "file" : "pipe"
  } catch {
    return "pipe"
  }
}

/** The process's own. */
export const layer: Layer.Layer<Stdio> = Layer.sync(Stdio, () => {
  const { stdout, stderr } = process
  const ended = watch(stdout)
  stderr.on("error", () => {})
  const noColour = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb"

  const write = (data: Uint8Array | string) =>
    Effect.async<void, OutputClosed | OutputFailed>((resume) => {
      if (ended.failure !== undefined) return resume(Effect.fail(ended.failure))
      if (data.length === 0 || stdout.write(data)) return resume(Effect.void)
      const settle = () => {
        stdout.off("drain", settle)
        ended.waiters.delete(settle)
        resume(ended.failure === undefined ? Effect.void : Effect.fail(ended.failure))
      }
      stdout.once("drain", settle)
      ended.waiters.add(settle)
      return Effect.sync(() => {
        stdout.off("drain", settle)
        ended.waiters.delete(settle)
      })
    })

  return Stdio.of({
    write,
    say: (text) => {
      if (stderr.writableLength < talkBytes) stderr.write(text)
    },
    openInput: Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => process.stdin),
        (stdin) =>
          Effect.sync(() => {
            stdin.pause()
            stdin.removeAllListeners("readable")
          }),
      ),
      inputOf,
    ),
    inputKind: inputKind(),
    outputIsTerminal: stdout.isTTY === true,
    colour: { output: !noColour && stdout.isTTY === true, error: !noColour && stderr.isTTY === true },
  })
})

interface Ended {
  failure: OutputClosed | OutputFailed | undefined
  readonly waiters: Set<() => void>
}

const watch = (output: Writable): Ended => {
  const ended: Ended = { failure: undefined, waiters: new Set() }
  output.on("error", (error: NodeJS.ErrnoException) => {
    const code = codeOf(error)
    ended.failure ??=
      code === "EPIPE" || code === "ERR_STREAM_DESTROYED" ? new OutputClosed() : new OutputFailed({ code })
    for (const waiter of [...ended.waiters]) waiter()
  })
  return ended
}

const inputOf = (stdin: Readable): Input => {
  let over = false
  let failure: InputFailed | undefined
  const waiters = new Set<() => void>()
  const wake = () => {
    for (const waiter of [...waiters]) waiter()
  }
  const finish = () => {
    over = true
    wake()
  }
  stdin.on("readable", wake)
  stdin.on("end", finish)
  stdin.on("error", (error: NodeJS.ErrnoException) => {
    // A terminal that goes away (EIO) is the end of the input, no more.
    if (error.code !== "EIO") failure = new InputFailed({ code: codeOf(error) })
    finish()
  })
  stdin.on("close", finish)
  return {
    read: Effect.async<Option.Option<Uint8Array>, InputFailed>((resume) => {
      const attempt = (): boolean => {
        const chunk: Uint8Array | null = over ? null : stdin.read()
        if (chunk === null && !over) return false
        waiters.delete(attempt)
        resume(failure === undefined ? Effect.succeed(Option.fromNullable(chunk)) : Effect.fail(failure))
        return true
      }
      if (attempt()) return
      waiters.add(attempt)
      return Effect.sync(() => waiters.delete(attempt))
    }),
  }
}
