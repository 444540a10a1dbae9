import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { isIpv6Text } from "../../domain/hostText.ts"
import {
  ConnectError,
  type Endpoint,
  encodeProxyHeader,
  endpointProblem,
  formatProxyServer,
  ofFamily,
  type ProxyServer,
  type TcpEndpoint,
  tcpEndpoint,
} from "../../domain/index.ts"
import { isIpAddress } from "../../domain/ipAddress.ts"
import { Transport, type Wire } from "../../transport/index.ts"
import { telnetWire } from "../../transport/telnet.ts"
import type { CheckedClientSettings } from "../ClientConfig.ts"
import { type Dialled, secure } from "./secure.ts"
import { tunnel } from "./tunnel/tunnel.ts"

/** Callbacks for the progress of dialling. */
export interface DialObserver {
  readonly onLookingUp: (host: string) => void
  /** `target`: the final endpoint, if `endpoint` is a proxy. */
  readonly onConnecting: (endpoint: Endpoint, target: Endpoint | undefined) => void
}

/** The settings that dialling uses. */
export type DialSettings = Pick<
  CheckedClientSettings,
  "attemptDelay" | "connectTimeout" | "family" | "proxy" | "sendProxy" | "source" | "sourcePort" | "telnet" | "tls"
>

/**
 * Dials an endpoint. For a name, it tries all addresses of the name, each with a head start over the next. The first
 * address that answers wins (RFC 8305). The scope owns the wire. All other attempts have ended when `dial` returns.
 */
export const dial = (
  endpoint: Endpoint,
  settings: DialSettings,
  observer: DialObserver,
): Effect.Effect<Dialled, ConnectError, Scope.Scope | Transport> =>
  Effect.gen(function* () {
    if (endpointProblem(endpoint) !== undefined) {
      return yield* new ConnectError({ endpoint, reason: "InvalidEndpoint", code: "EINVAL" })
    }
    const own = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, scope.strategy))
    const { proxy, sendProxy } = settings
    // The step that a connection has reached after the server or the proxy has accepted it, for the message of a timeout.
    let step: string | undefined
    const reached =
      proxy === undefined
        ? Effect.map(reach(endpoint, settings, observer, undefined), direct)
        : byProxy(endpoint, proxy, settings, observer, () => {
            step = noTunnel
          })
    return yield* reached.pipe(
      Effect.tap(({ remote, wire }) => {
        step = settings.tls === undefined ? undefined : noHandshake
        if (sendProxy !== undefined) wire.write(encodeProxyHeader(sendProxy, wire.local, remote))
      }),
      Effect.flatMap((dialled) => secure(dialled, endpoint, settings.tls)),
      Effect.map((dialled) => (settings.telnet ? { ...dialled, wire: telnetWire(dialled.wire) } : dialled)),
      Scope.extend(own),
      Effect.timeoutFail({
        duration: settings.connectTimeout,
        onTimeout: () =>
          new ConnectError({
            endpoint,
            reason: "Timeout",
            code: "ETIMEDOUT",
            ...proxyField(proxy),
            ...(step === undefined ? {} : { problem: step }),
          }),
      }),
      Effect.onError(() => Scope.close(own, Exit.void)),
    )
  })

const noHandshake = "the server accepted the connection, but did not finish the TLS handshake; perhaps it speaks no TLS"
const noTunnel =
  "the proxy accepted the connection, but did not answer; perhaps it speaks another protocol, or the target does not answer"

const direct = (wire: Wire): Dialled => ({ wire, remote: wire.remote, isPaused: false })

const proxyField = (proxy: ProxyServer | undefined) => (proxy === undefined ? {} : { proxy: formatProxyServer(proxy) })

const noHost = "it connects to hosts and ports only, not to unix sockets"
const hasZone = "the zone names an interface of this machine, which the proxy does not have; leave the zone out"

const byProxy = (
  endpoint: Endpoint,
  proxy: ProxyServer,
  settings: DialSettings,
  observer: DialObserver,
  onReached: () => void,
): Effect.Effect<Dialled, ConnectError, Scope.Scope | Transport> =>
  Effect.gen(function* () {
    if (endpoint._tag === "Unix" || endpoint.host.includes("%")) {
      const problem = endpoint._tag === "Unix" ? noHost : hasZone
      return yield* new ConnectError({
        endpoint,
        reason: "ProxyInvalid",
        code: "EPROXY",
        problem,
        ...proxyField(proxy),
      })
    }
    const wire = yield* Effect.mapError(
      reach(proxy.endpoint, settings, observer, endpoint),
      ({ advice, code }) =>
        new ConnectError({ endpoint, reason: "ProxyUnreachable", code, problem: advice, ...proxyField(proxy) }),
    )
    onReached()
    return { wire: yield* tunnel(wire, proxy, endpoint), remote: endpoint, isPaused: true }
  })

const reach = (endpoint: Endpoint, settings: DialSettings, observer: DialObserver, target: Endpoint | undefined) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const { family, source: host, sourcePort: port } = settings
    const source = host === undefined && port === undefined ? undefined : { host, port }
    const attempt = (hop: Endpoint) =>
      Effect.zipRight(
        Effect.sync(() => observer.onConnecting(hop, target)),
        transport.dial(hop, source),
      )
    if (endpoint._tag === "Unix") return yield* attempt(endpoint)
    if (!isIpAddress(endpoint.host)) observer.onLookingUp(endpoint.host)
    const addresses = yield* Effect.mapError(
      transport.resolve(endpoint.host),
      ({ code }) => new ConnectError({ endpoint, reason: "NameNotFound", code }),
    )
    // The kernel cannot connect from a source address to an address of another family.
    const fromSource = host === undefined ? addresses : ofFamily(addresses, isIpv6Text(host) ? "ipv6" : "ipv4")
    const eligible = ofFamily(fromSource, family)
    if (eligible.length === 0) {
      return yield* Effect.fail(new ConnectError({ endpoint, reason: "WrongFamily", code: "EAFNOSUPPORT" }))
    }
    const targets = alternate(eligible).map((address) => tcpEndpoint(address, endpoint.port))
    return yield* race(endpoint, targets, settings.attemptDelay, attempt)
  })

/** Alternates the address families, beginning with the family of the first address (RFC 8305, section 4). */
const alternate = (addresses: ReadonlyArray<string>): ReadonlyArray<string> => {
  const preferred = addresses.filter((address) => isIpv6Text(address) === isIpv6Text(addresses[0] ?? ""))
  const others = addresses.filter((address) => !preferred.includes(address))
  return addresses.flatMap((_, index) => [preferred[index], others[index]].filter((address) => address !== undefined))
}

const race = (
  endpoint: TcpEndpoint,
  targets: ReadonlyArray<TcpEndpoint>,
  attemptDelay: Duration.Duration,
  attempt: (target: TcpEndpoint) => Effect.Effect<Wire, ConnectError, Scope.Scope>,
): Effect.Effect<Wire, ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const errors: Array<ConnectError> = []
    const lanes = yield* Effect.forEach(targets, (target) =>
      Effect.all({
        target: Effect.succeed(target),
        scope: Scope.fork(scope, scope.strategy),
        started: Deferred.make<void>(),
        failed: Deferred.make<void>(),
      }),
    )
    const winner = yield* Effect.raceAll(
      lanes.map((lane, index) => {
        const before = lanes[index - 1]
        const turn =
          before === undefined
            ? Effect.void
            : Effect.zipRight(
                Deferred.await(before.started),
                Effect.timeoutOption(Deferred.await(before.failed), attemptDelay),
              )
        return turn.pipe(
          Effect.zipRight(Deferred.succeed(lane.started, undefined)),
          Effect.zipRight(Scope.extend(attempt(lane.target), lane.scope)),
          Effect.map((wire) => ({ wire, lane })),
          Effect.tapError((error) => {
            errors.push(error)
            return Deferred.succeed(lane.failed, undefined)
          }),
        )
      }),
    ).pipe(Effect.mapError((last) => summary(endpoint, errors) ?? last))
    // Another attempt may have connected at the same moment. Closing its scope closes its wire.
    yield* Effect.forEach(
      lanes.filter((lane) => lane !== winner.lane),
      (lane) => Scope.close(lane.scope, Exit.void),
    )
    return winner.wire
  })

/** The most useful error: the error of an address that was reached, rather than of an unreachable one. */
const summary = (endpoint: Endpoint, errors: ReadonlyArray<ConnectError>): ConnectError | undefined => {
  const telling = errors.find((error) => error.reason !== "Unreachable") ?? errors[0]
  return telling && new ConnectError({ endpoint, reason: telling.reason, code: telling.code })
}
