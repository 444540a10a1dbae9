import type * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import {
  Framing,
  formatMillis,
  limits,
  parseBacklog,
  parseCount,
  parseDeadline,
  parseEscapes,
  parseKeepalive,
  parseSize,
} from "../domain/index.ts"
import { heartbeatFields, heartbeatOf, ServerConfig, type ServerSettings } from "../server/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"
import { value } from "./flags.ts"
import { given } from "./given.ts"

/** The flags that say what a client may do to the server, and for how long. */
export const limitFlags = {
  maxConns: value("max-conns", "N", parseCount, {
    alias: "m",
    help: "Connections open at once (default: as many as the system's limit of open files leaves room for).",
  }),
  maxPerAddress: value("max-per-address", "N", parseCount, {
    help: "Connections open at once from one address (default: no limit).",
  }),
  backlog: value("backlog", "N", parseBacklog, {
    help: `Connections that wait to be accepted (default ${limits.backlog}); the system may allow fewer (listen(2)).`,
  }),
  maxRate: value("max-rate", "SIZE", parseSize, {
    help: "What a client may send in a second (default: no limit); who sends more is read more slowly.",
  }),
  maxRateInAll: value("max-rate-in-all", "SIZE", parseSize, {
    help: "What all clients together may send in a second (default: no limit); then they are read in turn.",
  }),
  maxPending: value("max-pending", "SIZE", parseSize, {
    help: "What may wait for all clients together (default: no limit); then the one for whom most waits is closed.",
  }),
  firstFrameTimeout: value("first-frame-timeout", "TIME", parseDeadline, {
    help: "A client whose first frame is not whole so long after it came is closed (default: never).",
  }),
  idleTimeout: value("idle-timeout", "TIME", parseDeadline, {
    alias: "i",
    help: "A client that sends nothing for so long is closed (default: never).",
  }),
  writeTimeout: value("write-timeout", "TIME", parseDeadline, {
    help: "A client that takes nothing of what waits for it for so long is closed (default: never).",
  }),
  keepalive: value("keepalive", "TIME", parseKeepalive, {
    help: "TCP keepalive: silence after which the system asks whether a client's system is still there (default: never).",
  }),
  heartbeat: value("heartbeat", "TEXT", parseEscapes, {
    help: "Send TEXT, as a frame, to a client that is silent, and close it if nothing comes from it then. Not with --frame raw.",
  }),
  heartbeatInterval: value("heartbeat-interval", "TIME", parseDeadline, {
    help: `Silence before a heartbeat (default ${formatMillis(Duration.toMillis(limits.heartbeatInterval))}).`,
  }),
  heartbeatTimeout: value("heartbeat-timeout", "TIME", parseDeadline, {
    help: "Silence after a heartbeat that closes a client (default: the same).",
  }),
}

/** What the flags gave. */
export type LimitOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof limitFlags]: (typeof limitFlags)[K]["options"]
}>

const { fields } = ServerConfig

/** The limits among the settings: each from its flag, or else from the environment, or else the default. */
export const limitSettings = (options: LimitOptions) => ({
  maxConns: given(options.maxConns, fields.maxConns),
  maxPerAddress: given(options.maxPerAddress, fields.maxPerAddress),
  backlog: given(options.backlog, fields.backlog),
  maxRate: given(options.maxRate, fields.maxRate),
  maxRateInAll: given(options.maxRateInAll, fields.maxRateInAll),
  maxPending: given(options.maxPending, fields.maxPending),
  firstFrameTimeout: given(options.firstFrameTimeout, fields.firstFrameTimeout),
  idleTimeout: given(options.idleTimeout, fields.idleTimeout),
  writeTimeout: given(options.writeTimeout, fields.writeTimeout),
  keepalive: given(options.keepalive, fields.keepalive),
  heartbeat: Effect.map(
    Effect.all({
      payload: given(options.heartbeat, heartbeatFields.payload),
      interval: given(options.heartbeatInterval, heartbeatFields.interval),
      timeout: given(options.heartbeatTimeout, heartbeatFields.timeout),
    }),
    heartbeatOf,
  ),
})

/** Refuses limits that do not go together, or would do nothing. */
export const checkLimits = (
  options: LimitOptions,
  { frame, heartbeat }: Pick<ServerSettings, "frame" | "heartbeat">,
): Either.Either<void, CommandFailed> => {
  if (heartbeat !== undefined && frame === Framing.raw) {
    return Either.left(
      usageError("--heartbeat needs --frame line: in a raw stream nobody could tell it from what others send"),
    )
  }
  const flag = Option.isSome(options.heartbeatInterval) ? "interval" : "timeout"
  return heartbeat === undefined &&
    Option.isSome(Option.orElse(options.heartbeatInterval, () => options.heartbeatTimeout))
    ? Either.left(usageError(`--heartbeat-${flag} needs --heartbeat TEXT`))
    : Either.right(undefined)
}
