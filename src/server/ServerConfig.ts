import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Heartbeat, heartbeatConfig } from "../connection/Heartbeat.ts"
import type { HalfClosed } from "../connection/index.ts"
import type { WithHeartbeat } from "../connection/settingsChecks.ts"
import {
  type AddressFamily,
  type AddressRanges,
  type CheckedKeepalive,
  endpointDefaults,
  Framing,
  type Keepalive,
  type ListenEndpoint,
  type ListenEndpointInput,
  type ListenEndpointInputs,
  type ListenEndpoints,
  limits,
  noKeepalive,
  type SlowConsumerPolicy,
  type settings,
  tcpEndpoint,
} from "../domain/index.ts"
import { defaultPrefix, type EnvironmentOptions } from "../runtime/variable.ts"
import type { Tls } from "../transport/index.ts"
import { type ProxyProtocol, serverVariables } from "./internal/serverVariables.ts"

export { type ProxyProtocol, proxyProtocols } from "./internal/serverVariables.ts"

/** The settings of a server. Field, flag and variable share one name: `maxFrame`, `--max-frame`, `TCPFX_MAX_FRAME`. */
export interface ServerSettings {
  /**
   * The endpoint, or endpoints, on which `Server.layer` listens: values or texts such as "0.0.0.0:9000". Default
   * 127.0.0.1:12345.
   */
  readonly listen: ListenEndpointInput | ListenEndpointInputs
  /**
   * The address family of host names. The server listens on the first address of this family that the name resolves to.
   * Default "any": the first address.
   */
  readonly family: AddressFamily
  /** Whether `[::]` is IPv6 only (IPV6_V6ONLY, ipv6(7)). Default false: it accepts IPv4 too, unless `family` is "ipv6". */
  readonly ipv6Only: boolean
  /** The mode of the files of unix sockets, such as 0o660, set before the first connection. Default: 0777 & ~umask. */
  readonly unixMode: number | undefined
  /** The framing of the bytes. Default `Framing.raw`: the bytes of one read are a frame. */
  readonly frame: Framing.Framing
  /**
   * The longest payload, bytes. Default 1 MiB. A longer frame ends the connection with `FrameTooLong`. With
   * `Framing.raw` a longer read becomes several frames.
   */
  readonly maxFrame: number
  /** The maximum number of bytes queued for one client. Default 8 MiB. Above it `slowConsumer` applies. */
  readonly hubBudget: number
  /** What happens to a client above `hubBudget`. Default "disconnect": the client is closed with `SlowConsumer`. */
  readonly slowConsumer: SlowConsumerPolicy
  /** How long publishers are blocked while no other client reads anything. Default 5 s. */
  readonly paceLimit: Duration.DurationInput
  /**
   * The maximum number of received bytes that wait for the handler of a connection. Default 64 KiB. Above it the server
   * stops reading, so its TCP window closes.
   */
  readonly inbox: number
  /**
   * The maximum number of sent bytes of a connection that wait for the kernel. Default 64 KiB. Above it, `send` waits.
   */
  readonly outbox: number
  /**
   * What happens when the peer of a handler in a fiber has sent FIN. A reactor decides by itself.
   *
   * Default "close": the connection is closed when the handler ends. A handler that uses none of `frames`, `runForEach`
   * and `peerEnded` does not notice the FIN. It is interrupted, and its connection closed, when it has neither received
   * nor sent anything for `closeDeadline`. If the peer has sent no frame, this time is 1 s at most. Otherwise, if the
   * handler has used `receive`, it is at least 30 s, because the handler may work on an answer.
   *
   * "keep": the connection stays open while its handler runs.
   */
  readonly halfClosed: HalfClosed
  /** How long a closing connection may make no progress before it is reset. Default 5 s. */
  readonly closeDeadline: Duration.DurationInput
  /** How long a drain may take before open connections are reset. Default 5 s. */
  readonly drain: Duration.DurationInput
  /**
   * The maximum number of connections that wait to be accepted (listen(2)). Default 4096. The kernel may allow fewer.
   */
  readonly backlog: number
  /**
   * The only addresses that may connect; others are refused. Default empty: all addresses outside `deny` may connect. A
   * long list needs a tenth of the memory as an `AddressSet`.
   */
  readonly allow: AddressRanges
  /** The addresses that are refused. The setting has no effect if `allow` is not empty. Default empty. */
  readonly deny: AddressRanges
  /** The maximum number of open connections. Default unlimited. Further connections are refused. */
  readonly maxConns: number
  /** The maximum number of open connections from one address. Default unlimited. Further connections are refused. */
  readonly maxPerAddress: number
  /**
   * Whether a new connection of an address that has reached `maxPerAddress` displaces the oldest one, in place of being
   * refused. The old connection is reset with `Displaced`. Without `maxPerAddress` an address may have one connection. It is
   * for devices that dial again after a power failure, while the server does not know yet that the old connection is dead.
   * A connection displaces others only after its TLS handshake or PROXY header. Connections of unix sockets, and those for
   * which a proxy names no address, are not displaced. Default false.
   */
  readonly displace: boolean
  /**
   * The payload of a frame that tells a peer why `maxConns` or `maxPerAddress` refuses it. The server sends the frame
   * and closes the connection at once, so a peer that has already sent data may lose the frame. With `tls` no frame is
   * sent, because the peer is refused before the handshake. Default: no frame is sent.
   */
  readonly refusal: Uint8Array | undefined
  /**
   * Whether each connection must begin with a PROXY header, version 1 or 2, that names its client. Default "off". With
   * "require" a connection without a header is refused.
   */
  readonly proxyProtocol: ProxyProtocol
  /** The proxies that may connect when `proxyProtocol` is "require"; others are refused. Default none. */
  readonly proxyFrom: AddressRanges
  /**
   * Whether the connections speak Telnet (RFC 854): commands of the peer are removed from its bytes, all options are
   * refused, and the byte 0xFF is doubled on the wire. Default false. The byte counters count the bytes on the wire.
   */
  readonly telnet: boolean
  /** TLS of the connections. Default none. */
  readonly tls: Tls.Acceptor | undefined
  /** The deadline of a PROXY header and a TLS handshake together. A connection that exceeds it is refused. Default 10 s. */
  readonly handshakeTimeout: Duration.DurationInput
  /**
   * The maximum number of bytes per second from one peer. The bytes of one second may arrive at once. Default
   * unlimited. A peer that sends faster is read more slowly, so the TCP window closes. The overhead of TLS does not
   * count. One read can exceed the limit by up to 64 KiB; the next read waits accordingly.
   */
  readonly maxRate: number
  /**
   * The maximum number of bytes per second from all peers together, counted as for `maxRate`. Default unlimited. Above
   * it, the server reads from the peers in turn, one read each.
   */
  readonly maxRateInAll: number
  /**
   * The maximum number of bytes queued for all peers together. `hubBudget` bounds the bytes of one peer. A published
   * frame counts for each peer, although the hub stores it only once. Default unlimited. The sum is checked ten times a
   * second. Above the limit the connection with the most queued bytes is reset with `PendingLimit`, then the next
   * connection, until the rest is within the limit.
   */
  readonly maxPending: number
  /**
   * How long a connection may be open before its first whole frame. A slower peer is closed with `FirstFrameTimeout`,
   * at most 10 % late. Default unlimited. The time does not run while the server has stopped reading from the peer,
   * unless the peer's own `maxRate` is the only cause.
   */
  readonly firstFrameTimeout: Duration.DurationInput
  /** How long a peer may send nothing before it is closed with `IdleTimeout`, at most 10 % late. Default unlimited. */
  readonly idleTimeout: Duration.DurationInput
  /**
   * The heartbeat finds a stopped peer: the server sends a frame to a silent peer, which must answer. Default: no
   * heartbeat. Framings without marks, such as `Framing.raw`, send the bytes alone. The protocol must allow these bytes
   * between any two payloads. A peer that has sent FIN gets no heartbeat.
   */
  readonly heartbeat: Heartbeat | undefined
  /**
   * When the kernel probes a silent peer (SO_KEEPALIVE, tcp(7)): how long the connection is idle, or an object with `idle`,
   * `interval` and `count`. Default never. The times are rounded up to whole seconds, 1 s to 32767 s. Without `interval` and
   * `count` the kernel sends 10 probes, 1 s apart. A peer that answers none of them is closed with `PeerVanished`, so at
   * the end of `idle + interval × count`. Node before 24.19 and 26.4 cannot set `interval` and `count`, and ignores them
   * (`NodeTransport.canSetKeepaliveProbes`). The kernel sends no probes while bytes of this side are unacknowledged; then
   * `writeTimeout` and `idleTimeout` apply. An answer proves that the peer's machine is on the network, not that its
   * program runs: see `heartbeat`. Unix sockets have no keepalive.
   */
  readonly keepalive: Keepalive | Duration.DurationInput
  /**
   * How long a peer may read nothing while bytes are queued for it, before it is reset with `WriteTimeout`, at most
   * 10 % late. Default unlimited. A peer that reads slowly is not affected.
   */
  readonly writeTimeout: Duration.DurationInput
}

/** The settings of a server after the checks: each duration is a `Duration`, and each endpoint is a value. */
export interface CheckedServerSettings extends Omit<WithHeartbeat<settings.Checked<ServerSettings>>, "listen"> {
  readonly listen: ListenEndpoint | ListenEndpoints
}

/** The settings that can be replaced while a server runs. They apply to new connections only. */
export type ReloadableSettings = Pick<ServerSettings, "allow" | "deny" | "maxConns" | "maxPerAddress" | "tls">

/** The settings of a server as a service. */
export class ServerConfig extends Context.Tag("tcpfx/server/ServerConfig")<ServerConfig, ServerSettings>() {
  static readonly defaults: CheckedServerSettings = {
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
    displace: false,
    refusal: undefined,
    proxyProtocol: "off",
    proxyFrom: [],
    telnet: false,
    tls: undefined,
    handshakeTimeout: limits.handshakeTimeout,
    maxRate: Number.POSITIVE_INFINITY,
    maxRateInAll: Number.POSITIVE_INFINITY,
    maxPending: Number.POSITIVE_INFINITY,
    firstFrameTimeout: Duration.infinity,
    idleTimeout: Duration.infinity,
    heartbeat: undefined,
    keepalive: noKeepalive,
    writeTimeout: Duration.infinity,
  }

  /** The defaults, with some settings replaced. */
  static readonly layer = (settings: Partial<ServerSettings> = {}): Layer.Layer<ServerConfig> =>
    Layer.succeed(ServerConfig, { ...ServerConfig.defaults, ...settings })

  /** Each setting as a `Config`, by default from the environment variable `TCPFX_…`. An empty variable is an error. */
  static readonly fields = {
    ...serverVariables<Duration.Duration, CheckedServerSettings["listen"], CheckedKeepalive>(
      ServerConfig.defaults,
      defaultPrefix,
    ),
    heartbeat: heartbeatConfig(ServerConfig.defaults.heartbeat, defaultPrefix),
  } satisfies { readonly [K in keyof CheckedServerSettings]: Config.Config<CheckedServerSettings[K]> }

  /** All settings as one `Config`. */
  static readonly config: Config.Config<CheckedServerSettings> = Config.all(ServerConfig.fields)

  /**
   * The settings from environment variables such as `TCPFX_MAX_FRAME`. A setting that has no variable comes from
   * `defaults`, or else from `ServerConfig.defaults`. So code sets the framing, and the environment sets the rest. Other
   * variables with the prefix are ignored, because the command has variables of its own. An empty variable is an error.
   *
   * @example
   * import { ConfigProvider, Effect } from "effect"
   * import { Framing } from "tcpfx/domain"
   * import { ServerConfig } from "tcpfx/server"
   *
   * const settings = Effect.provide(
   *   ServerConfig,
   *   ServerConfig.layerFromEnv({ prefix: "CHAT", defaults: { frame: Framing.line, maxConns: 100 } }),
   * )
   * const environment = ConfigProvider.fromMap(new Map([["CHAT_MAX_CONNS", "7"]]), { pathDelim: "_" })
   * const { frame, maxConns } = await Effect.runPromise(Effect.withConfigProvider(settings, environment))
   * assert.deepEqual([frame.name, maxConns], ["line", 7])
   */
  static readonly layerFromEnv = (
    options: EnvironmentOptions<ServerSettings> = {},
  ): Layer.Layer<ServerConfig, ConfigError.ConfigError> =>
    Layer.effect(
      ServerConfig,
      Effect.suspend(() => {
        const defaults: ServerSettings = { ...ServerConfig.defaults, ...options.defaults }
        const prefix = options.prefix ?? defaultPrefix
        return Config.all({
          ...serverVariables<Duration.DurationInput, ServerSettings["listen"], ServerSettings["keepalive"]>(
            defaults,
            prefix,
          ),
          heartbeat: heartbeatConfig(defaults.heartbeat, prefix),
        })
      }),
    )
}
