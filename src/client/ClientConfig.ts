import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { heartbeatConfig } from "../connection/Heartbeat.ts"
import type { HalfClosed, Heartbeat } from "../connection/index.ts"
import type { WithHeartbeat } from "../connection/settingsChecks.ts"
import {
  type AddressFamily,
  type CheckedKeepalive,
  Framing,
  type Keepalive,
  limits,
  noKeepalive,
  type ProxyServer,
  type ProxyVersion,
  type settings,
} from "../domain/index.ts"
import { defaultPrefix, type EnvironmentOptions } from "../runtime/variable.ts"
import type { Tls } from "../transport/index.ts"
import { clientVariables } from "./internal/clientVariables.ts"

/** The settings of a client. */
export interface ClientSettings {
  /** The framing of the bytes. Default `Framing.raw`: the bytes of one read are a frame. */
  readonly frame: Framing.Framing
  /**
   * The longest payload, bytes. Default 1 MiB. A longer frame ends the connection with `FrameTooLong`. With
   * `Framing.raw` a longer read becomes several frames.
   */
  readonly maxFrame: number
  /**
   * The maximum number of received bytes that wait for the program. Default 64 KiB. Above it the client stops reading,
   * so its TCP window closes.
   */
  readonly inbox: number
  /** The maximum number of sent bytes that wait for the kernel. Default 64 KiB. Above it, `send` waits. */
  readonly outbox: number
  /**
   * What happens when the server has sent FIN. Default "close": the connection is flushed and closed; bytes that had arrived
   * can still be received, and `send` fails. "keep": this side can go on sending.
   */
  readonly halfClosed: HalfClosed
  /** How long a closing connection may make no progress before it is reset. Default 5 s. */
  readonly closeDeadline: Duration.DurationInput
  /** The family of the addresses to dial. Default "any": all addresses of a name. */
  readonly family: AddressFamily
  /** The local address to connect from; only targets of its family are dialled. Default: the kernel's choice. */
  readonly source: string | undefined
  /** The local port to connect from. Default: the kernel's choice. */
  readonly sourcePort: number | undefined
  /** The proxy that looks up the target's name and connects to the target. Default: no proxy. */
  readonly proxy: ProxyServer | undefined
  /**
   * The version of the PROXY protocol header at the start of each connection, before TLS. The header names this client.
   * Default: no header.
   */
  readonly sendProxy: ProxyVersion | undefined
  /**
   * Whether the connections speak Telnet (RFC 854): commands of the server are removed from its bytes, all options are
   * refused, and the byte 0xFF is doubled on the wire. Default false. The byte counters count the bytes on the wire.
   */
  readonly telnet: boolean
  /** TLS of the connections. Default none. */
  readonly tls: Tls.Connector | undefined
  /**
   * When the kernel probes a silent server: how long the connection is idle, or an object with `idle`, `interval` and
   * `count`. Default never. The values and their bounds are those of `ServerConfig`.
   */
  readonly keepalive: Keepalive | Duration.DurationInput
  /**
   * How long a server may send nothing before the connection ends with `IdleTimeout`, at most 10 % late. Default
   * unlimited.
   */
  readonly idleTimeout: Duration.DurationInput
  /**
   * How long a server may read nothing while bytes are queued, before a reset ends the connection with `WriteTimeout`.
   * Default unlimited.
   */
  readonly writeTimeout: Duration.DurationInput
  /**
   * The heartbeat finds a stopped server whose kernel still acknowledges: this side sends a frame to a silent server,
   * which must answer. Default: no heartbeat. Framings without marks, such as `Framing.raw`, send the bytes alone. The
   * protocol must allow these bytes between any two payloads.
   */
  readonly heartbeat: Heartbeat | undefined
  /**
   * Payloads that each connection sends first, in order, for example a login. Default none. After a lost connection,
   * the next connection sends them again. A probe does not send them.
   */
  readonly onConnect: ReadonlyArray<Uint8Array>
  /** The deadline of connecting: name look-up, all addresses, the proxy's handshake and TLS. Default 10 s. */
  readonly connectTimeout: Duration.DurationInput
  /**
   * How long a client tries again while connecting fails because the server does not accept connections yet. Default 0:
   * one attempt. `connectTimeout` limits each attempt. The pauses grow from 100 ms to 1 s. An error that time does not
   * repair, such as an untrusted certificate, fails at once.
   */
  readonly wait: Duration.DurationInput
  /**
   * How long an attempt runs before the attempt with the next address starts in parallel. Default 250 ms (RFC 8305,
   * section 5).
   */
  readonly attemptDelay: Duration.DurationInput
}

/** The settings of a client after the checks: each duration is a `Duration`. */
export type CheckedClientSettings = WithHeartbeat<settings.Checked<ClientSettings>>

/** Options of one connection, or of the connections of one `run`. */
export interface ConnectOptions {
  /** TLS of the connection. `undefined`: no TLS. Default: the setting `tls`. */
  readonly tls?: Tls.Connector | undefined
}

/** When a client reconnects, and how often. */
export interface ReconnectSettings {
  /** The first delay. Each failure in a row doubles it. Default 500 ms. */
  readonly baseDelay: Duration.DurationInput
  /** The longest delay. Default 30 s. */
  readonly maxDelay: Duration.DurationInput
  /**
   * The largest share by which a delay is shortened at random, so that many clients do not reconnect at once. Default
   * 0.5.
   */
  readonly jitter: number
  /**
   * How long a connection must last to be stable. After a stable connection the next delay is `baseDelay`. Default 5 s.
   */
  readonly stableAfter: Duration.DurationInput
  /**
   * The number of failed attempts in a row after which the client gives up. A connection that ends before `stableAfter`
   * is a failed attempt too. 0: the client never connects again. Default unlimited.
   */
  readonly maxAttempts: number
  /**
   * What happens when a program ends with success after it has noticed that the server closed the connection with FIN.
   * Default "reconnect": the connection counts as lost. "end": `run` ends with the program's success. This is for a
   * program that reads an answer to its end.
   */
  readonly onPeerEnd: "reconnect" | "end"
}

/** The settings for reconnecting after the checks: each duration is a `Duration`. */
export type CheckedReconnectSettings = settings.Checked<ReconnectSettings>

/** The defaults of {@link ReconnectSettings}. */
export const reconnectDefaults: CheckedReconnectSettings = {
  baseDelay: Duration.millis(500),
  maxDelay: Duration.seconds(30),
  jitter: 0.5,
  stableAfter: Duration.seconds(5),
  maxAttempts: Number.POSITIVE_INFINITY,
  onPeerEnd: "reconnect",
}

/** The settings of a client as a service. */
export class ClientConfig extends Context.Tag("tcpfx/client/ClientConfig")<ClientConfig, ClientSettings>() {
  static readonly defaults: CheckedClientSettings = {
    frame: Framing.raw,
    maxFrame: limits.maxFrameBytes,
    inbox: limits.inboxBytes,
    outbox: limits.outboxBytes,
    halfClosed: "close",
    closeDeadline: limits.closeDeadline,
    family: "any",
    source: undefined,
    sourcePort: undefined,
    proxy: undefined,
    sendProxy: undefined,
    telnet: false,
    tls: undefined,
    keepalive: noKeepalive,
    idleTimeout: Duration.infinity,
    writeTimeout: Duration.infinity,
    heartbeat: undefined,
    onConnect: [],
    connectTimeout: limits.connectTimeout,
    wait: Duration.zero,
    attemptDelay: limits.attemptDelay,
  }

  /** The defaults, with some settings replaced. */
  static readonly layer = (settings: Partial<ClientSettings> = {}): Layer.Layer<ClientConfig> =>
    Layer.succeed(ClientConfig, { ...ClientConfig.defaults, ...settings })

  /**
   * Each setting as a `Config`, by default from the environment variable `TCPFX_…`. An empty variable is an error.
   */
  static readonly fields = {
    ...clientVariables<Duration.Duration, CheckedKeepalive>(ClientConfig.defaults, defaultPrefix),
    heartbeat: heartbeatConfig(ClientConfig.defaults.heartbeat, defaultPrefix),
  } satisfies { readonly [K in keyof CheckedClientSettings]: Config.Config<CheckedClientSettings[K]> }

  /** All settings as one `Config`. */
  static readonly config: Config.Config<CheckedClientSettings> = Config.all(ClientConfig.fields)

  /**
   * The settings from environment variables such as `TCPFX_CONNECT_TIMEOUT`. A setting that has no variable comes from
   * `defaults`, or else from `ClientConfig.defaults`. Other variables with the prefix are ignored. An empty variable is
   * an error.
   *
   * @example
   * import { ConfigProvider, Effect } from "effect"
   * import { ClientConfig } from "tcpfx/client"
   * import { Framing } from "tcpfx/domain"
   *
   * const settings = Effect.provide(
   *   ClientConfig,
   *   ClientConfig.layerFromEnv({ prefix: "PLC", defaults: { frame: Framing.line } }),
   * )
   * const environment = ConfigProvider.fromMap(new Map([["PLC_SOURCE", "127.0.0.1"]]), { pathDelim: "_" })
   * const { frame, source } = await Effect.runPromise(Effect.withConfigProvider(settings, environment))
   * assert.deepEqual([frame.name, source], ["line", "127.0.0.1"])
   */
  static readonly layerFromEnv = (
    options: EnvironmentOptions<ClientSettings> = {},
  ): Layer.Layer<ClientConfig, ConfigError.ConfigError> =>
    Layer.effect(
      ClientConfig,
      Effect.suspend(() => {
        const defaults: ClientSettings = { ...ClientConfig.defaults, ...options.defaults }
        const prefix = options.prefix ?? defaultPrefix
        return Config.all({
          ...clientVariables<Duration.DurationInput, ClientSettings["keepalive"]>(defaults, prefix),
          heartbeat: heartbeatConfig(defaults.heartbeat, prefix),
        })
      }),
    )
}
