import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import {
  type Endpoint,
  endpointDefaults,
  Framing,
  limits,
  parseDuration,
  parseEndpoint,
  parseSize,
  type SlowConsumerPolicy,
  tcpEndpoint,
} from "../domain/index.ts"

/** The settings of a server. Field, flag and variable share one name: `maxFrame`, `--max-frame`, `TCPFX_MAX_FRAME`. */
export interface ServerSettings {
  /** Where `Server.layer` listens. Default 127.0.0.1:12345. */
  readonly listen: Endpoint
  /** How bytes are cut into frames. Default raw: what one read gave. */
  readonly frame: Framing.Framing
  /** Longest payload, bytes. Default 1 MiB. Whoever sends a longer one is closed with `FrameTooLong`. */
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
  /** How long a closing connection may make no progress. Default 5 s. Then its peer sees a reset. */
  readonly closeDeadline: Duration.Duration
  /** How long draining may take. Default 5 s. Then peers see a reset. */
  readonly drain: Duration.Duration
  /** Connections that wait to be accepted (listen(2)). Default 511. */
  readonly backlog: number
}

/** The settings as a service: the defaults, some of them replaced, or read from the environment. */
export class ServerConfig extends Context.Tag("tcpfx/server/ServerConfig")<ServerConfig, ServerSettings>() {
  static readonly defaults: ServerSettings = {
    listen: tcpEndpoint(endpointDefaults.host, endpointDefaults.port),
    frame: Framing.raw,
    maxFrame: limits.maxFrameBytes,
    hubBudget: limits.hubBudgetBytes,
    slowConsumer: limits.slowConsumer,
    paceLimit: limits.paceLimit,
    inbox: limits.inboxBytes,
    outbox: limits.outboxBytes,
    closeDeadline: limits.closeDeadline,
    drain: limits.drainDeadline,
    backlog: limits.backlog,
  }

  /** The defaults with some replaced. */
  static readonly layer = (settings: Partial<ServerSettings> = {}): Layer.Layer<ServerConfig> =>
    Layer.succeed(ServerConfig, { ...ServerConfig.defaults, ...settings })

  /** The settings from a `Config`: by default the environment, with the prefix `TCPFX_`. */
  static readonly config: Config.Config<ServerSettings> = Config.all({
    listen: parsed("LISTEN", parseEndpoint, ServerConfig.defaults.listen),
    frame: parsed("FRAME", parseFraming, ServerConfig.defaults.frame),
    maxFrame: parsed("MAX_FRAME", parseSize, ServerConfig.defaults.maxFrame),
    hubBudget: parsed("HUB_BUDGET", parseSize, ServerConfig.defaults.hubBudget),
    slowConsumer: Config.literal(
      "disconnect",
      "drop-oldest",
      "block",
    )("SLOW_CONSUMER").pipe(Config.withDefault(ServerConfig.defaults.slowConsumer)),
    paceLimit: parsed("PACE_LIMIT", parseDuration, ServerConfig.defaults.paceLimit),
    inbox: parsed("INBOX", parseSize, ServerConfig.defaults.inbox),
    outbox: parsed("OUTBOX", parseSize, ServerConfig.defaults.outbox),
    closeDeadline: parsed("CLOSE_DEADLINE", parseDuration, ServerConfig.defaults.closeDeadline),
    drain: parsed("DRAIN", parseDuration, ServerConfig.defaults.drain),
    backlog: Config.integer("BACKLOG").pipe(Config.withDefault(ServerConfig.defaults.backlog)),
  }).pipe(Config.nested("TCPFX"))

  /** The settings from the environment. */
  static readonly layerFromEnv: Layer.Layer<ServerConfig, ConfigError> = Layer.effect(
    ServerConfig,
    Effect.suspend(() => ServerConfig.config),
  )
}

function parsed<A>(
  name: string,
  parse: (text: string) => Either.Either<A, { readonly message: string }>,
  fallback: A,
): Config.Config<A> {
  return Config.string(name).pipe(
    Config.mapAttempt((text) => Either.getOrThrowWith(parse(text), (error) => new Error(error.message))),
    Config.withDefault(fallback),
  )
}

function parseFraming(name: string): Either.Either<Framing.Framing, { readonly message: string }> {
  const framing = Object.hasOwn(Framing.framings, name) ? Framing.framings[name] : undefined
  return framing === undefined
    ? Either.left({ message: `${JSON.stringify(name)} is not a framing; expected ${Object.keys(Framing.framings)}` })
    : Either.right(framing)
}
