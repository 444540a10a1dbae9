import * as Data from "effect/Data"

/** The exit codes (docs/command.md). */
export const exitCode = {
  ok: 0,
  /** The network or the peer failed. */
  network: 1,
  /** A mistake in usage or set-up, such as a bad option or a port in use. */
  usage: 2,
} as const

/** The exit codes after signals: 128 plus the number of the signal, as in shells. */
export const signalExitCode = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Ends the command with one line for the user and an exit code. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly code: number
  readonly message: string
}> {}

/** The error for a bad option, argument or value. */
export const usageError = (message: string) => new CommandFailed({ code: exitCode.usage, message })

/** The error for a failure of the network or the peer. */
export const networkError = (message: string) => new CommandFailed({ code: exitCode.network, message })
