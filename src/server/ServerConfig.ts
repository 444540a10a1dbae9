import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { type Heartbeat, heartbeatConfig } from "../connection/Heartbeat.ts"
import type { HalfClosed } from "../connection/index.ts"
import {
  type AddressFamily,
  type AddressRanges,
  endpointDefaults,
  Framing,
  type ListenEndpoint,
  type ListenEndpoints,
  limits,
  parseAddressFamily,
  parseAddressRanges,
  parseBacklog,
  parseCount,
  parseDeadline,
  parseDuration,
  parseKeepalive,
  parseListenEndpoints,
  parseMaxFrame,
  parseSize,
  parseSocketMode,
  parseYesNo,
  type SlowConsumerPolicy,
  slowConsumerPolicies,
  tcpEndpoint,
  ValueSyntaxError,
} from "../domain/index.ts"
import { variable } from "../runtime/variable.ts"
import type { Tls } from "../transport/index.ts"

/** Whether connections begin with a header of the PROXY protocol. */
export const proxyProtocols = ["off", "require"] as const
export type ProxyProtocol = (typeof proxyProtocols)[number]

/** The settings of a server. Field, flag and variable share one name: `maxFrame`, `--max-frame`, `TCPFX_MAX_FRAME`. */
export interface ServerSettings {
  /** Where `Server.layer` listens: one endpoint, or several. Default 127.0.0.1:12345. */
  readonly listen: ListenEndpoint | ListenEndpoints
  /** Which of a name's addresses is listened on: the first of this family. Default "any": the first of all. */
  readonly family: AddressFamily
  /** Whether `[::]` leaves IPv4 alone (IPV6_V6ONLY, ipv6(7)). Default false: it is both, unless `family` is "ipv6". */
  readonly ipv6Only: boolean
  /** The mode of unix sockets' files, such as 0o660, from their first moment on. Default: 0777 without the umask. */
  readonly unixMode: number | undefined
  /** How bytes are cut into frames. Default raw: what one read gave. */
  readonly frame: Framing.Framing
  /**
   * Longest payload, bytes. Default 1 MiB. A peer that sends a longer frame is closed with `FrameTooLong`; with raw frames a
   * longer read becomes several frames.
   */
  readonly maxFrame: number
  /** What may wait for one client, bytes. Default 8 MiB. Beyond it `slowConsumer` decides. */
  readonly hubBudget: number
  /** What a client beyond its budget meets. Default "disconnect": it is closed with `SlowConsumer`. */
  readonly slowConsumer: SlowConsumerPolicy
  /** How long publishers wait while none of the others takes anything. Default 5 s. */
  readonly paceLimit: Duration.Duration
  /** Received and not taken by a handler, bytes per connection. Default 64 KiB. Then its peer's window closes. */
  readonly inbox: number
  /** Sent and not taken by the system, bytes per connection. Default 64 KiB. Then `send` waits. */
  readonly outbox: number
  /**
   * What happens to a connection of a handler that runs in a fiber, once its peer has sent FIN. A reactor decides by
   * itself. Default "close": it is closed when its handler has come to its end. A handler that does not learn of the FIN
   * (it uses neither `frames`, `runForEach` nor `peerEnded`) and neither takes nor sends anything for `closeDeadline` (1 s,
   * if the peer had sent no frame; 30 s, if it has used `receive` and may be at work on an answer) has its connection
   * closed and is interrupted. "keep": the connection stays for as long as its handler runs.
   */
  readonly halfClosed: HalfClosed
  /** How long a closing connection may make no progress. Default 5 s. Then its peer sees a reset. */
  readonly closeDeadline: Duration.Duration
  /** How long draining may take. Default 5 s. Then peers see a reset. */
  readonly drain: Duration.Duration
  /** Connections that wait to be accepted (listen(2)). Default 4096. The system may allow fewer. */
  readonly backlog: number
  /**
   * The only addresses that may connect. Default empty: all that are not denied. Others are closed at once. Very many
   * are best given as an `AddressSet`, which takes a tenth of the memory.
   */
  readonly allow: AddressRanges
  /** The addresses that may not connect, unless `allow` has them too. Default empty. */
  readonly deny: AddressRanges
  /** Connections open at once. Default unlimited. One more is closed at once. */
  readonly maxConns: number
  /** Connections open at once from one address. Default unlimited. One more is closed at once. */
  readonly maxPerAddress: number
  /**
   * Whether each connection begins with a header of the PROXY protocol, version 1 or 2, that names its client. Default
   * "off". Nothing is guessed: with "require" one without it is closed with the reason.
   */
  readonly proxyProtocol: ProxyProtocol
  /** The proxies that may send one, with `proxyProtocol`. Default nobody: others are closed at once. */
  readonly proxyFrom: AddressRanges
  /** How connections are secured. Default not at all. */
  readonly tls: Tls.Acceptor | undefined
  /** From accept until a connection is open, where there is a handshake. Default 10 s. Then it is closed. */
  readonly handshakeTimeout: Duration.Duration
  /**
   * What one peer may send, bytes per second, and in one second at once. Default unlimited. Who sends more is read more
   * slowly: its window closes. What TLS adds is not counted. One read may bring more, 64 KiB at most; it is paid off.
   */
  readonly maxRate: number
  /** What all peers together may send, as `maxRate`. Default unlimited. Then they are read in turn, a read each. */
  readonly maxRateInAll: number
  /**
   * What may wait for all peers together, bytes: the sum of what `hubBudget` bounds for each, though what was published
   * is stored once for all. Default unlimited. It is looked at ten times a second; beyond it, the peer for whom most
   * waits sees a reset and is closed with `PendingLimit`, then the next, until the rest is within it.
   */
  readonly maxPending: number
  /**
   * From the opening until a peer's first frame is whole. Default unlimited. Then it is closed with `FirstFrameTimeout`;
   * found 10 % late at most. While others hold it up, no time passes; while its own `maxRate` does, it passes.
   */
  readonly firstFrameTimeout: Duration.Duration
  /** How long a peer may send nothing. Default unlimited. Then it is closed with `IdleTimeout`; found 10 % late at most. */
  readonly idleTimeout: Duration.Duration
  /**
   * What is sent to a peer that is silent, to find one that has stopped. Default none. It needs a framing that marks
   * where frames end: with `Framing.raw` the server is not made (`SettingsError`). A peer that has sent FIN is sent none.
   */
  readonly heartbeat: Heartbeat | undefined
  /**
   * Silence after which the system asks the peer's whether it is still there (TCP_KEEPIDLE, tcp(7)), whole seconds up to
   * 32767. Default never. One that does not answer (Node has it asked 10 times, a second apart) is closed with
   * `PeerVanished`. It proves no more than that the peer's machine is on the network: for the program there, see
   * `heartbeat`. Unix domain sockets have none.
   */
  readonly keepalive: Duration.Duration
  /**
   * How long a peer may take nothing while bytes wait for it. Default unlimited. Then it sees a reset, and is closed with
   * `WriteTimeout`; found 10 % late at most. Who takes slowly, but something, is not meant.
   */
  readonly writeTimeout: Duration.Duration
}

/** The settings that can be replaced while a server runs: they are asked of newcomers only. */
export type ReloadableSettings = Pick<ServerSettings, "allow" | "deny" | "maxConns" | "maxPerAddress" | "tls">

/** The settings as a service: the defaults, some of them replaced, or read from the environment. */
export class ServerConfig extends Context.Tag("tcpfx/server/ServerConfig")<ServerConfig, ServerSettings>() {
  static readonly defaults: ServerSettings = {
    listen: tcpEndpoint(endpointDefaults.host, endpointDefaults.port),
    family: "any",
    ipv6Only: false,
    unixMode: undefined,
    frame: Framing.raw,
    maxFrame: limits.maxFrameBytes,
    hubBudget: limits.hubBudgetBytes,
    slowConsumer: limits.slowConsumer,
    paceLimit: limits.paceLimit,
    inbox: limits.inboxBytes,
    outbox: limits.outboxBytes,
    halfClosed: "close",
    closeDeadline: limits.closeDeadline,
    drain: limits.drainDeadline,
    backlog: limits.backlog,
    allow: [],
    deny: [],
    maxConns: Number.POSITIVE_INFINITY,
    maxPerAddress: Number.POSITIVE_INFINITY,
    proxyProtocol: "off",
    proxyFrom: [],
    tls: undefined,
    handshakeTimeout: limits.handshakeTimeout,
    maxRate: Number.POSITIVE_INFINITY,
    maxRateInAll: Number.POSITIVE_INFINITY,
    maxPending: Number.POSITIVE_INFINITY,
    firstFrameTimeout: Duration.infinity,
    idleTimeout: Duration.infinity,
    heartbeat: undefined,
    keepalive: Duration.infinity,
    writeTimeout: Duration.infinity,
  }

  /** The defaults with some replaced. */
  static readonly layer = (settings: Partial<ServerSettings> = {}): Layer.Layer<ServerConfig> =>
    Layer.succeed(ServerConfig, { ...ServerConfig.defaults, ...settings })

  /** Each setting as a `Config`: by default from the environment, with the prefix `TCPFX_`. An empty variable is an error. */
  static readonly fields = {
    listen: variable<ServerSettings["listen"]>("LISTEN", parseListenEndpoints, ServerConfig.defaults.listen),
    family: variable("FAMILY", parseAddressFamily, ServerConfig.defaults.family),
    ipv6Only: variable("IPV6_ONLY", parseYesNo, ServerConfig.defaults.ipv6Only),
    unixMode: variable<number | undefined>("UNIX_MODE", parseSocketMode, ServerConfig.defaults.unixMode),
    frame: variable("FRAME", Framing.parse, ServerConfig.defaults.frame),
    maxFrame: variable("MAX_FRAME", parseMaxFrame, ServerConfig.defaults.maxFrame),
    hubBudget: variable("HUB_BUDGET", parseSize, ServerConfig.defaults.hubBudget),
    slowConsumer: variable("SLOW_CONSUMER", parsePolicy, ServerConfig.defaults.slowConsumer),
    paceLimit: variable("PACE_LIMIT", parseDuration, ServerConfig.defaults.paceLimit),
    inbox: variable("INBOX", parseSize, ServerConfig.defaults.inbox),
    outbox: variable("OUTBOX", parseSize, ServerConfig.defaults.outbox),
    halfClosed: Config.succeed(ServerConfig.defaults.halfClosed),
    closeDeadline: variable("CLOSE_DEADLINE", parseDuration, ServerConfig.defaults.closeDeadline),
    drain: variable("DRAIN", parseDuration, ServerConfig.defaults.drain),
    backlog: variable("BACKLOG", parseBacklog, ServerConfig.defaults.backlog),
    allow: variable<AddressRanges>("ALLOW", parseAddressRanges, ServerConfig.defaults.allow),
    deny: variable<AddressRanges>("DENY", parseAddressRanges, ServerConfig.defaults.deny),
    maxConns: variable("MAX_CONNS", parseCount, ServerConfig.defaults.maxConns),
    maxPerAddress: variable("MAX_PER_ADDRESS", parseCount, ServerConfig.defaults.maxPerAddress),
    proxyProtocol: variable("PROXY_PROTOCOL", parseProxyProtocol, ServerConfig.defaults.proxyProtocol),
    proxyFrom: variable<AddressRanges>("PROXY_FROM", parseAddressRanges, ServerConfig.defaults.proxyFrom),
    tls: Config.succeed<Tls.Acceptor | undefined>(ServerConfig.defaults.tls),
    handshakeTimeout: variable("HANDSHAKE_TIMEOUT", parseDeadline, ServerConfig.defaults.handshakeTimeout),
    maxRate: variable("MAX_RATE", parseSize, ServerConfig.defaults.maxRate),
    maxRateInAll: variable("MAX_RATE_IN_ALL", parseSize, ServerConfig.defaults.maxRateInAll),
    maxPending: variable("MAX_PENDING", parseSize, ServerConfig.defaults.maxPending),
    firstFrameTimeout: variable("FIRST_FRAME_TIMEOUT", parseDeadline, ServerConfig.defaults.firstFrameTimeout),
    idleTimeout: variable("IDLE_TIMEOUT", parseDeadline, ServerConfig.defaults.idleTimeout),
    heartbeat: heartbeatConfig,
    keepalive: variable("KEEPALIVE", parseKeepalive, ServerConfig.defaults.keepalive),
    writeTimeout: variable("WRITE_TIMEOUT", parseDeadline, ServerConfig.defaults.writeTimeout),
  } satisfies { readonly [K in keyof ServerSettings]: Config.Config<ServerSettings[K]> }

  /** All settings as one `Config`. */
  static readonly config: Config.Config<ServerSettings> = Config.all(ServerConfig.fields)

  /** The settings from the environment. */
  static readonly layerFromEnv: Layer.Layer<ServerConfig, ConfigError.ConfigError> = Layer.effect(
    ServerConfig,
    Effect.suspend(() => ServerConfig.config),
  )
}

function parsePolicy(input: string): Either.Either<SlowConsumerPolicy, ValueSyntaxError> {
  return parseWord(input, "a policy", slowConsumerPolicies)
}

function parseProxyProtocol(input: string): Either.Either<ProxyProtocol, ValueSyntaxError> {
  return parseWord(input, "a use of the PROXY protocol", proxyProtocols)
}

function parseWord<A extends string>(
  input: string,
  kind: string,
  words: ReadonlyArray<A>,
): Either.Either<A, ValueSyntaxError> {
  const found = words.find((word) => word === input)
  return found === undefined
    ? Either.left(new ValueSyntaxError({ input, kind, problem: "the name is unknown", expected: words.join(", ") }))
    : Either.right(found)
}
