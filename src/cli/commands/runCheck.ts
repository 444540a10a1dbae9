import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Client, Probe } from "../../client/index.ts"
import {
  describeCloseReason,
  type Endpoint,
  endpointDefaults,
  escapeControls,
  eventLineVersion,
  formatEndpoint,
  tcpEndpoint,
} from "../../domain/index.ts"
import { checkDependencies, type Dependency } from "../flags/dependencies.ts"
import { defaultHostOf } from "../flags/listenArgs.ts"
import { checkNames } from "../flags/netcatFlags.ts"
import { checkedEndpoints } from "../flags/portArgs.ts"
import { exitCode, usageError } from "../process/exit.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { clientTls, clientTlsFacts } from "../tls/client.ts"
import { clientTlsDependencies } from "../tls/clientDependencies.ts"
import { tlsOptionsFor } from "../tls/options.ts"
import { type ConnectOptions, connectFlags } from "./connect.ts"
import { checkHops } from "./connectChecks.ts"
import { connectSettings } from "./connectSettings.ts"

type Key = keyof typeof connectFlags

// The number of ports that are checked at once.
const atOnce = 64

// The flags that say where and how to connect, and how results and messages are shown.
const used: ReadonlyArray<Key> = [
  ...(["check", "wait", "timeout", "port", "unix", "nodns", "verbose", "output", "config", "project"] as const),
  // Scripts for netcat write `nc -zd`. A check reads no input.
  "noStdin",
  ...(["family", "ipv4", "ipv6", "source", "sourcePort", "proxy", "sendProxy"] as const),
  ...(["tls", "tlsCa", "tlsName", "insecure", "tlsVerify", "tlsCert", "tlsKey", "tlsAlpn", "tlsMin"] as const),
  ...(["starttls", "tlsMax", "tlsCiphers", "tlsLegacy", "tlsPassphraseFile"] as const),
  "tlsKeyLog",
  ...(["logLevel", "logFormat"] as const),
]

const isUsed = (key: string): boolean => used.some((one) => one === key)

/** The flags of the conversation, which a check does not have. */
const checkOnly: ReadonlyArray<Dependency<Key, unknown>> = [
  {
    flags: (Object.keys(connectFlags) as ReadonlyArray<Key>).filter((key) => !isUsed(key)),
    isMet: () => false,
    problem: "has no effect with -z (--check), which sends and receives nothing",
  },
]

/** The result of a probe in words. */
const describe = (probe: Probe): string => {
  if (!Probe.isOpen(probe)) return `${probe.error.advice}${tlsOptionsFor(probe.error.code)}`
  if (probe._tag === "Open") return "open"
  const { reason } = probe
  if (reason._tag === "PeerClosed") return "open, but it closed the connection at once"
  if (reason._tag === "PeerReset") return "open, but it reset the connection at once"
  return `open, but the connection ended at once: ${describeCloseReason(reason)}`
}

/** The address that has answered, if the endpoint is a name. */
const addressOf = (endpoint: Endpoint, probe: Probe): string =>
  Probe.isOpen(probe) && endpoint._tag === "Tcp" && probe.remote._tag === "Tcp" && probe.remote.host !== endpoint.host
    ? ` (${probe.remote.host})`
    : ""

const textOf = (endpoint: Endpoint, probe: Probe): string =>
  escapeControls(`${formatEndpoint(endpoint)}${addressOf(endpoint, probe)}: ${describe(probe)}`)

const jsonOf = (endpoint: Endpoint, probe: Probe): string => {
  const isOpen = Probe.isOpen(probe)
  const details = isOpen
    ? {
        remote: probe.remote,
        ...(probe._tag === "Open"
          ? { elapsedMillis: Math.round(probe.elapsedMillis * 1000) / 1000 }
          : { reason: probe.reason }),
      }
    : { failure: probe.error.reason, code: probe.error.code, message: describe(probe) }
  return JSON.stringify({ v: eventLineVersion, _tag: "Probe", endpoint, open: isOpen, result: probe._tag, ...details })
}

/**
 * Runs `tcpfx connect -z`: checks ports and writes a line for each. Returns the exit code: as in nc, 0 if a port is open.
 * With `--wait`, all ports must open and stay open, because the caller waits for all of them.
 */
export const runCheck = (options: ConnectOptions) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const signals = yield* Signals
    yield* checkDependencies(checkOnly, connectFlags, options, undefined)
    yield* checkDependencies(clientTlsDependencies, connectFlags, options, yield* clientTlsFacts(options))
    const withoutTls = yield* connectSettings(options)
    const { proxy } = withoutTls
    const host = defaultHostOf(withoutTls.family)
    const given = yield* checkedEndpoints(options, host)
    const endpoints = given.length === 0 ? [tcpEndpoint(host, endpointDefaults.port)] : given
    if (proxy !== undefined && endpoints.some(({ _tag }) => _tag === "Unix")) {
      return yield* usageError("--proxy: a proxy connects to hosts and ports, not to unix sockets")
    }
    yield* checkNames(options, proxy === undefined ? endpoints : [proxy.endpoint])
    for (const endpoint of endpoints) yield* checkHops(endpoint, withoutTls)
    if (Option.contains(options.output, "raw")) {
      return yield* usageError("--output raw has no effect with -z (--check); give text or json")
    }
    const lineOf = Option.contains(options.output, "json") ? jsonOf : textOf
    const client = yield* Client.make({
      ...withoutTls,
      tls: yield* signals.unlessEnded(clientTls(options, withoutTls.connectTimeout)),
    })
    const waits = Option.isSome(options.wait)
    let passed = 0
    yield* signals.unlessEnded(
      Stream.fromIterable(endpoints).pipe(
        Stream.mapEffect(
          (endpoint) => Effect.map(client.probe(endpoint), (probe) => ({ endpoint, probe })),
          // Two connections cannot have the same local port.
          { concurrency: withoutTls.sourcePort === undefined ? atOnce : 1 },
        ),
        Stream.runForEach(({ endpoint, probe }) => {
          if (waits ? probe._tag === "Open" : Probe.isOpen(probe)) passed++
          return stdio.writeLines(`${lineOf(endpoint, probe)}\n`)
        }),
      ),
    )
    return passed >= (waits ? endpoints.length : 1) ? exitCode.ok : exitCode.network
  }).pipe(Effect.scoped)
