import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type EndpointArgs, isEndpointGiven } from "./endpointArgs.ts"
import { toggle } from "./flag.ts"

/** `--inetd`. */
export const inetdFlag = {
  inetd: toggle("inetd", {
    help: "Serve the connection on standard input, which inetd, systemd (Accept=yes) or socat has accepted, and exit when it ends.",
  }),
}

/** `--inetd`, and the options that exclude it. */
export interface InetdOptions extends EndpointArgs {
  readonly inetd: boolean
  readonly inherit: boolean
  readonly listen: boolean
  readonly keepOpen: boolean
  readonly ui: boolean
  readonly output: Option.Option<"text" | "json" | "raw">
}

/** Refuses options that have no effect for the only connection of `--inetd`. */
export const checkInetd = (options: InetdOptions): Effect.Effect<void, CommandFailed> => {
  if (isEndpointGiven(options) || options.inherit) {
    return usageError("--inetd serves the connection on descriptor 0; leave the endpoint and --inherit out")
  }
  if (options.listen || options.keepOpen || options.ui) {
    return usageError("--inetd serves one connection and reads no input; leave -l, -k and --ui out")
  }
  return Option.contains(options.output, "raw")
    ? usageError("--output raw has no place with --inetd: standard output is the connection; use --output-file")
    : Effect.void
}
