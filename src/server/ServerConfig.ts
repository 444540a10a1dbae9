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

/** The values of `proxyProtocol`: whether each connection must begin with a PROXY header. */
export const proxyProtocols = ["off", "require"] as const
export type ProxyProtocol = (typeof proxyProtocols)[number]

/** The settings of a server. Field, flag and variable share one name: `maxFrame`, `--max-frame`, `TCPFX_MAX_FRAME`. */
export interface ServerSettings {
  /** The endpoint, or endpoints, on which `Server.layer` listens. Default 127.0.0.1:12345. */
  readonly listen: ListenEndpoint | ListenEndpoints
  /** The address family for names: the server listens on the first address of it. Default "any": the first address. */
  readonly family: AddressFamily
  /** Whether `[::]` is IPv6 only (IPV6_V6ONLY, ipv6(7)). Default false: it accepts IPv4 too, unless `family` is "ipv6". */
  readonly ipv6Only: boolean
  /** The mode of the files of unix sockets, such as 0o660, set before the first connection. Default: 0777 & ~umask. */
  readonly unixMode: number | undefined
  /** How bytes are cut into frames. Default `Framing.raw`: a frame is what one read gave. */
  readonly frame: Framing.Framing
  /**
   * The longest payload, bytes. Default 1 MiB. A longer frame ends the connection with `FrameTooLong`; with `Framing.raw` a
   * longer read becomes several frames.
   */
  readonly maxFrame: number
  /** What may be queued for one client, bytes. Default 8 MiB. Above it `slowConsumer` applies. */
  readonly hubBudget: number
  /** What happens to a client above `hubBudget`. Default "disconnect": it is closed with `SlowConsumer`. */
  readonly slowConsumer: SlowConsumerPolicy
  /** How long publishers are blocked while no other client reads anything. Default 5 s. */
  readonly paceLimit: Duration.Duration
  /** What may be received and not taken by the handler, bytes per connection. Default 64 KiB. Then the TCP window closes. */
  readonly inbox: number
  /** What may be sent and not taken by the kernel, bytes per connection. Default 64 KiB. Then `send` waits. */
  readonly outbox: number
  /**
   * What happens when the peer of a handler in a fiber has sent FIN. A reactor decides by itself. Default "close": the
   * connection is closed when the handler ends. A handler that does not notice the FIN (it uses neither `frames`,
   * `runForEach` nor `peerEnded`) is interrupted, and its connection closed, when it has neither received nor sent anything
   * for `closeDeadline`: for 1 s if the peer had sent no frame, for 30 s if the handler has used `receive` and may work on
   * an answer. "keep": the connection stays open while its handler runs.
   */
  readonly halfClosed: HalfClosed
  /** How long a closing connection may make no progress. Default 5 s. Then it is reset. */
  readonly closeDeadline: Duration.Duration
  /** How long a drain may take. Default 5 s. Then open connections are reset. */
  readonly drain: Duration.Duration
  /** How many connections may wait to be accepted (listen(2)). Default 4096. The kernel may allow fewer. */
  readonly backlog: number
  /**
   * The only addresses that may connect; others are refused. Default empty: all that `deny` does not have. A long list is
   * best given as an `AddressSet`, which takes a tenth of the memory.
   */
  readonly allow: AddressRanges
  /** The addresses that are refused, unless `allow` has them too. Default empty. */
  readonly deny: AddressRanges
  /** How many connections may be open. Default unlimited. Others are refused. */
  readonly maxConns: number
  /** How many connections may be open from one address. Default unlimited. Others are refused. */
  readonly maxPerAddress: number
  /**
   * Whether each connection must begin with a PROXY header, version 1 or 2, that names its client. Default "off". With
   * "require" a connection without a header is refused.
   */
  readonly proxyProtocol: ProxyProtocol
  /** The proxies that may connect when `proxyProtocol` is "require"; others are refused. Default none. */
  readonly proxyFrom: AddressRanges
  /** TLS of the connections. Default none. */
  readonly tls: Tls.Acceptor | undefined
  /** The deadline of a PROXY header and a TLS handshake together. Default 10 s. Then the connection is refused. */
  readonly handshakeTimeout: Duration.Duration
  /**
   * What one peer may send, bytes per second; the bytes of one second may come at once. Default unlimited. A faster peer is
   * read more slowly, so its TCP window closes. The overhead of TLS does not count. One read can exceed the limit by up to
   * 64 KiB; the next read waits accordingly.
   */
  readonly maxRate: number
  /** What all peers together may send, as `maxRate`. Default unlimited. Above it peers are read in turn, one read each. */
  readonly maxRateInAll: number
  /**
   * What may be queued for all peers together, bytes: the sum of what `hubBudget` bounds for each. A published frame counts
   * for each peer, though it is stored once. Default unlimited. The sum is checked ten times a second. Above the limit the
   * connection with the most queued bytes is reset with `PendingLimit`, then the next, until the rest is within the limit.
   */
  readonly maxPending: number
  /**
   * The time from the opening of a connection until its first whole frame. Default unlimited. Then it is closed with
   * `FirstFrameTimeout`, at most 10 % late. The time stands still while reading is held, except by the peer's own `maxRate`.
   */
  readonly firstFrameTimeout: Duration.Duration
  /** How long a peer may send nothing. Default unlimited. Then it is closed with `IdleTimeout`, at most 10 % late. */
  readonly idleTimeout: Duration.Duration
  /**
   * What is sent to a silent peer, to find a stopped one. Default none. It needs a framing that marks the end of frames: with
   * `Framing.raw` the server is not made (`SettingsError`). A peer that has sent FIN gets none.
   */
  readonly heartbeat: Heartbeat | undefined
  /**
   * How long a connection is idle before the kernel sends keepalive probes (TCP_KEEPIDLE, tcp(7)), whole seconds up to 32767.
   * Default never. A peer that answers none of 10 probes, a second apart (Node sets this), is closed with `PeerVanished`. An
   * answer proves that the peer's machine is on the network, not that its program runs: see `heartbeat`. Unix sockets have
   * no keepalive.
   */
  readonly keepalive: Duration.Duration
  /**
   * How long a peer may read nothing while bytes are queued for it. Default unlimited. Then it is reset with `WriteTimeout`,
   * at most 10 % late. A peer that reads slowly is not affected.
   */
  readonly writeTimeout: Duration.Duration
}

/** The settings that can be replaced while a server runs. They apply to new connections only. */
export type ReloadableSettings = Pick<ServerSettings, "allow" | "deny" | "maxConns" | "maxPerAddress" | "tls">

/** The settings of a server as a service. */
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

  /** The defaults, with some settings replaced. */
  static readonly layer = (settings: Partial<ServerSettings> = {}): Layer.Layer<ServerConfig> =>
    Layer.succeed(ServerConfig, { ...ServerConfig.defaults, ...settings })

  /** Each setting as a `Config`, by default from the environment variable `TCPFX_…`. An empty variable is an error. */
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
  return parseWord(input, "a policy for slow consumers", slowConsumerPolicies)
}

function parseProxyProtocol(input: string): Either.Either<ProxyProtocol, ValueSyntaxError> {
  return parseWord(input, "a mode of the PROXY protocol", proxyProtocols)
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
