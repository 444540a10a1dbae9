import type { NameSource } from "../../domain/assistant/index.ts"
import { Framing, type ListenEndpoint, readIpBytes } from "../../domain/index.ts"
import type { Dependency } from "../flags/dependencies.ts"
import { type LogFacts, type LogKey, logDependencies } from "../flags/logFlags.ts"
import { besideUi, besideUiProblem } from "../flags/pageFlags.ts"
import { type ViewFacts, viewDependencies, type viewFlags } from "../flags/viewFlags.ts"
import { type WatchFacts, watchDependencies } from "../flags/watchFlags.ts"
import type { HubFacts } from "../hub/sharedHub.ts"

/** The facts that decide whether a flag of `tcpfx serve` has an effect. */
export interface ServeFacts extends LogFacts, ViewFacts, WatchFacts, HubFacts {
  readonly mode: "console" | "broker" | "chat" | "echo" | "discard" | "reply" | "program"
  readonly frame: Framing.Framing
  /** The endpoints. Undefined if inherited sockets or the control socket may still change them. */
  readonly endpoints: ReadonlyArray<ListenEndpoint> | undefined
  /** Whether a console shows the rows. */
  readonly isConsole: boolean
  readonly hasTls: boolean
  /** Whether a flag or `TCPFX_TLS_CERT` names a certificate. */
  readonly hasCertificate: boolean
  readonly hasHeartbeat: boolean
  readonly hasProxies: boolean
  readonly hasPage: boolean
  /** The value of `--name-from`. */
  readonly nameFrom: NameSource | undefined
  /** Whether clients must present a certificate. */
  readonly hasClientCertificates: boolean
  /** Whether a flag gives a payload to send. */
  readonly hasSendings: boolean
  /** Whether the command line names no host, no socket file and no inherited socket. */
  readonly leavesAddress: boolean
  readonly servesOneClient: boolean
  readonly isInetd: boolean
  readonly sendOnly: boolean
  /** Whether no flag excludes standard input. */
  readonly readsInput: boolean
}

const isTcp = (endpoint: ListenEndpoint): boolean => endpoint._tag !== "Unix"

// A host name may resolve to `::`, and an inherited socket may be bound to it.
const mayBeWildcard6 = (endpoint: ListenEndpoint): boolean => {
  if (endpoint._tag !== "Tcp") return endpoint._tag === "Fd"
  const bytes = readIpBytes(endpoint.host)
  return bytes === undefined || (bytes.length === 16 && bytes.every((byte) => byte === 0))
}

const some = (endpoints: ServeFacts["endpoints"], test: (endpoint: ListenEndpoint) => boolean): boolean =>
  endpoints === undefined || endpoints.some(test)

type ServeKey =
  | ("slowConsumer" | "hubBudget" | "tlsKey" | "tlsClientCa" | "tlsAlpn" | "tlsMin" | "tlsKeyLog" | "handshakeTimeout")
  | ("tlsMax" | "tlsCiphers" | "tlsLegacy" | "tlsPassphraseFile")
  | ("ipv6Only" | "ipv4" | "ipv6" | "family" | "keepalive" | "maxPerAddress" | "displace" | "allow" | "allowFile")
  | ("operator" | "frame")
  | ("hub" | "hubName" | "hubNode" | "hubCreds" | "hubNkey" | "hubCa" | "hubCert" | "history")
  | ("eol" | "crlf" | "hex" | "checksum")
  | ("heartbeatInterval" | "heartbeatTimeout" | "noTraffic" | "quietProbes" | "pick" | "maxConns")
  | ("drainDelay" | "drainWait")
  | ("repeat" | "nameFrom" | "refusal" | "quit" | "noStdin" | "recvOnly" | "sendOnly")
  | (typeof besideUi)[number]
  | LogKey
  | "otlpSignals"
  | keyof typeof viewFlags

/** Every flag of `tcpfx serve` that has an effect only under a condition. */
export const serveDependencies: ReadonlyArray<Dependency<ServeKey, ServeFacts>> = [
  {
    flags: ["slowConsumer", "hubBudget", "hub"],
    isMet: ({ mode }) => mode === "console" || mode === "broker" || mode === "chat",
    problem: "needs --mode console, broker or chat; the other modes send nothing to all clients",
  },
  {
    flags: ["history"],
    isMet: ({ mode }) => mode === "console" || mode === "broker",
    problem:
      "needs --mode console or broker; a chat sends lines only to those who have a name, and the other modes send nothing to all clients",
  },
  {
    flags: ["hub", "history"],
    isMet: ({ servesOneClient }) => !servesOneClient,
    problem: "has no effect with -l alone, which serves one client; give -k too",
  },
  {
    flags: ["hubName", "hubNode", "hubCreds", "hubNkey", "hubCa", "hubCert"],
    isMet: ({ hasHub }) => hasHub,
    problem: "needs --hub nats://HOST:PORT",
  },
  {
    flags: ["hubNkey"],
    isMet: ({ hasHubCreds }) => !hasHubCreds,
    problem: "has no effect beside --hub-creds, which has a seed of its own",
  },
  {
    flags: ["eol", "crlf", "hex", "checksum"],
    isMet: ({ hasSendings, mode }) => hasSendings || (mode !== "echo" && mode !== "discard" && mode !== "program"),
    problem: "needs --send, --reply, or --mode console, broker or chat; the other modes send no text",
  },
  {
    flags: ["hex", "checksum"],
    isMet: ({ mode }) => mode !== "chat",
    problem: "has no effect with --mode chat, whose lines are text",
  },
  {
    flags: ["operator"],
    isMet: ({ mode }) => mode === "chat",
    problem: "needs --mode chat",
  },
  {
    flags: ["frame"],
    isMet: ({ frame, mode }) => mode !== "chat" || frame === Framing.line,
    problem: "must be line with --mode chat, which relays lines",
  },
  {
    flags: ["tlsClientCa"],
    isMet: ({ hasTls }) => hasTls,
    problem: "needs TLS; give --tls or --tls-cert too",
    refusesDefaults: true,
  },
  {
    flags: ["tlsAlpn", "tlsMin", "tlsMax", "tlsCiphers", "tlsLegacy", "tlsKeyLog"],
    isMet: ({ hasTls }) => hasTls,
    problem: "needs TLS; give --tls or --tls-cert too",
  },
  {
    flags: ["tlsKey", "tlsPassphraseFile"],
    isMet: ({ hasCertificate }) => hasCertificate,
    problem: "needs the certificate of the key; give --tls-cert too",
    refusesDefaults: true,
  },
  {
    flags: ["handshakeTimeout"],
    isMet: ({ hasProxies, hasTls }) => hasTls || hasProxies,
    problem: "needs TLS or --proxy-protocol require; without them there is no handshake",
  },
  {
    flags: ["ipv6Only"],
    isMet: ({ endpoints }) => some(endpoints, mayBeWildcard6),
    problem: "needs the endpoint [::], the only one that accepts both IPv6 and IPv4",
  },
  {
    flags: ["family", "ipv4", "ipv6", "keepalive"],
    isMet: ({ endpoints }) => some(endpoints, isTcp),
    problem: "needs an endpoint with a host; unix sockets have no addresses",
  },
  {
    // `--deny` promises nothing about clients without an address, so it is not in this list.
    flags: ["allow", "allowFile", "maxPerAddress", "displace"],
    isMet: ({ endpoints, hasProxies }) => hasProxies || some(endpoints, isTcp),
    problem: "needs an endpoint with a host; clients of unix sockets have no addresses (--unix-mode restricts these)",
  },
  {
    flags: ["heartbeatInterval", "heartbeatTimeout"],
    isMet: ({ hasHeartbeat }) => hasHeartbeat,
    problem: "needs --heartbeat TEXT",
  },
  {
    flags: ["noTraffic"],
    isMet: ({ output }) => output !== "raw",
    problem: "has no effect with --output raw, which shows only traffic",
  },
  {
    flags: ["quietProbes"],
    isMet: ({ isConsole, output }) => output === "text" && !isConsole,
    problem: "needs rows of text: give --output text, or in a terminal --plain",
  },
  ...viewDependencies,
  {
    flags: ["pick"],
    isMet: ({ leavesAddress }) => leavesAddress,
    problem: "asks for the address; name at most a port, such as tcpfx serve 9000 --pick",
  },
  {
    flags: ["maxConns"],
    isMet: ({ servesOneClient }) => !servesOneClient,
    problem: "has no effect with -l alone, which serves one client; give -k too",
  },
  {
    flags: ["drainDelay", "drainWait", "displace"],
    isMet: ({ isInetd, servesOneClient }) => !servesOneClient && !isInetd,
    problem: "has no effect with -l alone or --inetd, which serve one client",
  },
  ...logDependencies,
  ...watchDependencies,
  {
    flags: ["nameFrom"],
    isMet: ({ mode }) => mode !== "chat",
    problem: "has no effect with --mode chat, in which people choose their names",
  },
  {
    flags: ["nameFrom"],
    isMet: ({ hasClientCertificates, nameFrom }) => nameFrom !== "tls" || hasClientCertificates,
    problem: "tls needs the certificates of the clients; give --tls-client-ca too",
  },
  {
    flags: ["nameFrom"],
    isMet: ({ endpoints, hasProxies, nameFrom }) => nameFrom !== "peer" || hasProxies || some(endpoints, isTcp),
    problem: "peer needs an endpoint with a host; clients of unix sockets have no addresses",
  },
  {
    flags: ["refusal"],
    isMet: ({ hasTls }) => !hasTls,
    problem: "has no effect with TLS: a limit refuses a client before its handshake",
  },
  {
    flags: ["repeat"],
    isMet: ({ hasSendings }) => hasSendings,
    problem: "needs the payload to send; give --send or --macro too",
  },
  {
    flags: ["noStdin", "recvOnly", "sendOnly"],
    isMet: ({ mode, servesOneClient }) => servesOneClient && mode === "console",
    problem: "needs -l without -k and without another mode; for no input, write </dev/null",
  },
  {
    flags: ["sendOnly"],
    isMet: ({ readsInput }) => readsInput,
    problem: "contradicts --no-stdin and --recv-only, which send nothing",
  },
  {
    flags: ["quit"],
    isMet: ({ sendOnly }) => !sendOnly,
    problem: "has no effect with -l --send-only, which closes the connection at the end of the input",
  },
  {
    flags: ["quit"],
    isMet: ({ mode, servesOneClient }) => servesOneClient && mode === "console",
    problem: "needs -l without -k and without another mode; other servers do not end with a client",
  },
  { flags: besideUi, isMet: ({ hasPage }) => hasPage, problem: besideUiProblem },
]
