import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type { HalfClosed, Heartbeat } from "../connection/index.ts"
import { type AddressFamily, Framing, limits, type ProxyServer, type ProxyVersion } from "../domain/index.ts"
import type { Tls } from "../transport/index.ts"

/** The settings of a client. */
export interface ClientSettings {
  /** How bytes are cut into frames. Default raw: what one read gave. */
  readonly frame: Framing.Framing
  /**
   * Longest payload, bytes. Default 1 MiB. The connection ends with `FrameTooLong` on a longer frame; with raw frames a
   * longer read becomes several frames.
   */
  readonly maxFrame: number
  /** Received and not taken, bytes. Default 64 KiB. Then the server's window closes. */
  readonly inbox: number
  /** Sent and not taken by the system, bytes. Default 64 KiB. Then `send` waits. */
  readonly outbox: number
  /**
   * What happens to a connection whose server has sent FIN. Default "close": what was sent is flushed and the connection is
   * closed; what had arrived can still be received, and `send` fails. "keep": this side can go on sending.
   */
  readonly halfClosed: HalfClosed
  /** How long a closing connection may make no progress. Default 5 s. Then the server sees a reset. */
  readonly closeDeadline: Duration.Duration
  /** Which addresses are dialled: those of this family. Default "any": all that a name has. */
  readonly family: AddressFamily
  /** The address of this machine to connect from. Default: the system's choice. Only targets of its family are dialled. */
  readonly source: string | undefined
  /** The port to connect from. Default: the system's choice. */
  readonly sourcePort: number | undefined
  /** Who connects to the target on this client's behalf, and looks its name up. Default nobody. */
  readonly proxy: ProxyServer | undefined
  /**
   * The version of the PROXY protocol in which each connection begins with a header that names this client, before TLS.
   * Default: no header.
   */
  readonly sendProxy: ProxyVersion | undefined
  /** How connections are secured. Default not at all. */
  readonly tls: Tls.Connector | undefined
  /**
   * Silence after which the system asks whether the server's system is still there (TCP_KEEPIDLE, tcp(7)), 1 s to
   * 32767 s. Default never.
   */
  readonly keepalive: Duration.Duration
  /** How long a server may send nothing. Default unlimited. Then it is closed with `IdleTimeout`; found 10 % late at most. */
  readonly idleTimeout: Duration.Duration
  /** How long a server may take nothing of what waits for it. Default unlimited. Then it is reset with `WriteTimeout`. */
  readonly writeTimeout: Duration.Duration
  /** How a server is found that has stopped although its system still acknowledges. Default not at all. Not with raw frames. */
  readonly heartbeat: Heartbeat | undefined
  /** Connecting, the name and all its addresses included, a proxy's handshake and TLS. Default 10 s. */
  readonly connectTimeout: Duration.Duration
  /** Head start of one address of a name over the next. Default 250 ms (RFC 8305, section 5). */
  readonly attemptDelay: Duration.Duration
}

/** When, and how often, a connection is made again. */
export interface ReconnectSettings {
  /** The first delay; each failure in a row doubles it. Default 500 ms. */
  readonly baseDelay: Duration.Duration
  /** The longest delay. Default 30 s. */
  readonly maxDelay: Duration.Duration
  /** A delay is shortened at random by up to this share of itself, so that clients do not come all at once. Default 0.5. */
  readonly jitter: number
  /** A connection that held this long counts as good: the next delay is the first again. Default 5 s. */
  readonly stableAfter: Duration.Duration
  /** Attempts in a row before giving up. Default: without end. */
  readonly maxAttempts: number
  /**
   * What follows when a program has learnt that the server has closed the connection in order, and then ends with success.
   * Default "reconnect": the connection counts as lost. "end": the program's success counts, as for a program that reads
   * an answer to its end.
   */
  readonly onPeerEnd: "reconnect" | "end"
}

/** The defaults of {@link ReconnectSettings}. */
export const reconnectDefaults: ReconnectSettings = {
  baseDelay: Duration.millis(500),
  maxDelay: Duration.seconds(30),
  jitter: 0.5,
  stableAfter: Duration.seconds(5),
  maxAttempts: Number.POSITIVE_INFINITY,
  onPeerEnd: "reconnect",
}

/** The settings as a service. */
export class ClientConfig extends Context.Tag("tcpfx/client/ClientConfig")<ClientConfig, ClientSettings>() {
  static readonly defaults: ClientSettings = {
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
    tls: undefined,
    keepalive: Duration.infinity,
    idleTimeout: Duration.infinity,
    writeTimeout: Duration.infinity,
    heartbeat: undefined,
    connectTimeout: limits.connectTimeout,
    attemptDelay: limits.attemptDelay,
  }

  /** The defaults with some replaced. */
  static readonly layer = (settings: Partial<ClientSettings> = {}): Layer.Layer<ClientConfig> =>
    Layer.succeed(ClientConfig, { ...ClientConfig.defaults, ...settings })
}
