import type { Endpoint } from "../../domain/index.ts"
import type { Dependency } from "../flags/dependencies.ts"
import { type LogFacts, type LogKey, logDependencies } from "../flags/logFlags.ts"
import { besideUi, besideUiProblem } from "../flags/pageFlags.ts"
import { type ViewFacts, viewDependencies, type viewFlags } from "../flags/viewFlags.ts"
import { type WatchFacts, watchDependencies } from "../flags/watchFlags.ts"
import { type ClientTlsFacts, type ClientTlsKey, clientTlsDependencies } from "../tls/clientDependencies.ts"

/** The facts that decide whether a flag of `tcpfx connect` has an effect. */
export interface ConnectFacts extends LogFacts, ViewFacts, WatchFacts, ClientTlsFacts {
  readonly endpoint: Endpoint
  readonly reconnect: boolean
  readonly once: boolean
  readonly recvOnly: boolean
  readonly sendOnly: boolean
  /** Whether standard input or a flag gives something to send. */
  readonly sendsAnything: boolean
  /** Whether `--only in` is given. */
  readonly showsOnlyReceived: boolean
  /** Whether standard input or a flag gives payloads that are sent once. */
  readonly sendsOnce: boolean
  readonly hasHeartbeat: boolean
  readonly hasPage: boolean
  readonly sendsFin: boolean
  /** Whether a flag gives a payload to send. */
  readonly hasSendings: boolean
}

type ConnectKey =
  | ("reconnectDelay" | "reconnectMax" | "maxAttempts" | "heartbeatInterval" | "heartbeatTimeout")
  | ClientTlsKey
  | ("ipv4" | "ipv6" | "family" | "source" | "sourcePort" | "keepalive" | "shutdown" | "noShutdown" | "quit")
  | ("repeat" | "until" | "once" | "delay" | "lockstep" | "sendOnly" | "wait")
  | ("send" | "macro" | "rule" | "rules" | "onConnect" | "heartbeat")
  | (typeof besideUi)[number]
  | LogKey
  | "otlpSignals"
  | keyof typeof viewFlags

/** Every flag of `tcpfx connect` that has an effect only under a condition. */
export const connectDependencies: ReadonlyArray<Dependency<ConnectKey, ConnectFacts>> = [
  {
    flags: ["reconnectDelay", "reconnectMax", "maxAttempts"],
    isMet: ({ reconnect }) => reconnect,
    problem: "needs --reconnect",
  },
  {
    flags: ["until"],
    isMet: ({ once }) => !once,
    problem: "and --once exclude each other",
  },
  {
    flags: ["sendOnly", "send", "macro", "rule", "rules", "repeat", "onConnect", "heartbeat", "delay", "lockstep"],
    isMet: ({ recvOnly }) => !recvOnly,
    problem: "contradicts --recv-only, which sends nothing",
  },
  {
    flags: ["once", "until", "lockstep", "rule", "rules"],
    isMet: ({ sendOnly }) => !sendOnly,
    problem: "needs received data, which --send-only drops",
  },
  {
    flags: ["only"],
    isMet: ({ sendOnly, showsOnlyReceived }) => !sendOnly || !showsOnlyReceived,
    problem: "in needs received data, which --send-only drops",
  },
  {
    flags: ["noShutdown", "quit"],
    isMet: ({ sendOnly }) => !sendOnly,
    problem: "has no effect with --send-only, which closes the connection at the end of the input",
  },
  {
    flags: ["sendOnly"],
    isMet: ({ sendsAnything }) => sendsAnything,
    problem: "has nothing to send with --no-stdin; give --send too, or leave --no-stdin out",
  },
  {
    flags: ["delay", "lockstep"],
    isMet: ({ sendsOnce }) => sendsOnce,
    problem: "needs lines to send: standard input without --no-stdin, or --send without --repeat",
  },
  {
    flags: ["wait"],
    isMet: ({ reconnect }) => !reconnect,
    problem: "has no effect with --reconnect, which tries until --max-attempts",
  },
  ...clientTlsDependencies,
  {
    flags: ["family", "ipv4", "ipv6", "source", "sourcePort", "keepalive"],
    isMet: ({ endpoint }) => endpoint._tag === "Tcp",
    problem: "needs an endpoint with a host; unix sockets have no addresses",
  },
  {
    flags: ["heartbeatInterval", "heartbeatTimeout"],
    isMet: ({ hasHeartbeat }) => hasHeartbeat,
    problem: "needs --heartbeat TEXT",
  },
  ...viewDependencies,
  {
    flags: ["shutdown"],
    isMet: ({ sendsFin }) => sendsFin,
    problem: "(-N) contradicts --no-shutdown; give one of them",
  },
  ...logDependencies,
  ...watchDependencies,
  {
    flags: ["repeat"],
    isMet: ({ hasSendings }) => hasSendings,
    problem: "needs the payload to send; give --send or --macro too",
  },
  { flags: besideUi, isMet: ({ hasPage }) => hasPage, problem: besideUiProblem },
]
