import * as Either from "effect/Either"
import { type Endpoint, type ListenEndpoint, parseDuration, readIpBytes } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { toggle, value } from "./flag.ts"

const sharedFlags = {
  nodns: toggle("nodns", { alias: "n", help: "Look up no name: refuse every host that is not an IP address." }),
  verbose: toggle("verbose", {
    alias: "v",
    help: "Has no effect: tcpfx always reports what happens to connections. Scripts for netcat have this flag.",
  }),
}

/** The flags of `tcpfx serve` that have the same names as in netcat. */
export const netcatServeFlags = {
  listen: toggle("listen", {
    alias: "l",
    help: "Serve as netcat does: end after the first client, unless -k or --broker is given. Output that does not go to a terminal is raw.",
  }),
  quit: value("quit", "TIME", parseDuration, {
    alias: "q",
    help: "With -l: wait at most TIME for the client to close after the end of the input; then exit with 1.",
  }),
  noStdin: toggle("no-stdin", { alias: "d", help: "With -l: do not read standard input, and send no FIN." }),
  recvOnly: toggle("recv-only", { help: "With -l: the same as --no-stdin." }),
  sendOnly: toggle("send-only", {
    help: "With -l: drop what the client sends, and exit at the end of standard input.",
  }),
  keepOpen: toggle("keep-open", { alias: "k", help: "Serve clients until Ctrl-C; without -l this is the default." }),
  ...sharedFlags,
}

/** The flags of `tcpfx connect` that have the same names as in netcat. */
export const netcatConnectFlags = {
  shutdown: toggle("shutdown", { alias: "N", help: "Send FIN at the end of the input (the default)." }),
  ...sharedFlags,
}

/** With `--nodns`, refuses endpoints whose host is a name. */
export const checkNames = (
  { nodns }: { readonly nodns: boolean },
  endpoints: ReadonlyArray<Endpoint | ListenEndpoint>,
): Either.Either<void, CommandFailed> => {
  const named = nodns ? endpoints.find((endpoint) => endpoint._tag === "Tcp" && !isAddress(endpoint.host)) : undefined
  return named?._tag === "Tcp"
    ? Either.left(usageError(`--nodns: ${named.host} is a name; give an IP address, or leave --nodns (-n) out`))
    : Either.void
}

const isAddress = (host: string): boolean => readIpBytes(host.replace(/%.*$/s, "")) !== undefined
