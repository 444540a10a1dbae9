import { type ListenEndpoint, readIpBytes } from "../../domain/index.ts"
import type { Dependency } from "../flags/dependencies.ts"
import { besideUi, besideUiProblem } from "../flags/pageFlags.ts"
import { timestampsProblem } from "../flags/sharedFlags.ts"

/** What the effect of a flag of `tcpfx serve` depends on. */
export interface ServeFacts {
  readonly mode: "console" | "broker" | "echo" | "discard" | "reply"
  readonly output: "text" | "json" | "raw"
  /** Where it listens; none where that may still change: by inherited sockets, or by the control socket. */
  readonly endpoints: ReadonlyArray<ListenEndpoint> | undefined
  readonly hasTls: boolean
  /** Whether a certificate is named, by a flag or by `TCPFX_TLS_CERT`. */
  readonly hasCertificate: boolean
  readonly hasHeartbeat: boolean
  readonly hasProxies: boolean
  readonly hasPage: boolean
}

const isTcp = (endpoint: ListenEndpoint): boolean => endpoint._tag !== "Unix"

// A name may have any address.
const mayBeWildcard6 = (endpoint: ListenEndpoint): boolean => {
  if (endpoint._tag !== "Tcp") return endpoint._tag === "Fd"
  const bytes = readIpBytes(endpoint.host)
  return bytes === undefined || (bytes.length === 16 && bytes.every((byte) => byte === 0))
}

const some = (endpoints: ServeFacts["endpoints"], test: (endpoint: ListenEndpoint) => boolean): boolean =>
  endpoints === undefined || endpoints.some(test)

type ServeKey =
  | ("slowConsumer" | "hubBudget" | "tlsKey" | "tlsClientCa" | "tlsAlpn" | "tlsMin" | "tlsKeyLog" | "handshakeTimeout")
  | ("ipv6Only" | "ipv4" | "ipv6" | "family" | "keepalive" | "maxPerAddress" | "allow" | "allowFile")
  | ("heartbeatInterval" | "heartbeatTimeout" | "noTraffic" | "timestamps")
  | (typeof besideUi)[number]

/** Every flag of `tcpfx serve` that has an effect only beside others. */
export const serveDependencies: ReadonlyArray<Dependency<ServeKey, ServeFacts>> = [
  {
    flags: ["slowConsumer", "hubBudget"],
    isMet: ({ mode }) => mode === "console" || mode === "broker",
    problem: "needs --mode console or broker; in the other modes nothing is sent to all clients",
  },
  {
    flags: ["tlsClientCa", "tlsAlpn", "tlsMin", "tlsKeyLog"],
    isMet: ({ hasTls }) => hasTls,
    problem: "needs TLS; give --tls or --tls-cert too",
  },
  {
    flags: ["tlsKey"],
    isMet: ({ hasCertificate }) => hasCertificate,
    problem: "is the key of a certificate; name that with --tls-cert",
  },
  {
    flags: ["handshakeTimeout"],
    isMet: ({ hasProxies, hasTls }) => hasTls || hasProxies,
    problem: "needs TLS or --proxy-protocol require; without them there is no handshake",
  },
  {
    flags: ["ipv6Only"],
    isMet: ({ endpoints }) => some(endpoints, mayBeWildcard6),
    problem: "needs the endpoint [::], the only one that takes IPv4 too",
  },
  {
    flags: ["family", "ipv4", "ipv6", "keepalive"],
    isMet: ({ endpoints }) => some(endpoints, isTcp),
    problem: "needs an endpoint with a host; unix sockets have no addresses",
  },
  {
    // `--deny` is no promise about anybody but the addresses that it names, so it may stand here.
    flags: ["allow", "allowFile", "maxPerAddress"],
    isMet: ({ endpoints, hasProxies }) => hasProxies || some(endpoints, isTcp),
    problem:
      "needs an endpoint with a host; clients of unix sockets have no addresses (--unix-mode says who may connect)",
  },
  {
    flags: ["heartbeatInterval", "heartbeatTimeout"],
    isMet: ({ hasHeartbeat }) => hasHeartbeat,
    problem: "needs --heartbeat TEXT",
  },
  {
    flags: ["noTraffic"],
    isMet: ({ output }) => output !== "raw",
    problem: "has no effect beside --output raw, which shows nothing but traffic",
  },
  {
    flags: ["timestamps"],
    isMet: ({ output }) => output === "text",
    problem: timestampsProblem,
  },
  { flags: besideUi, isMet: ({ hasPage }) => hasPage, problem: besideUiProblem },
]
