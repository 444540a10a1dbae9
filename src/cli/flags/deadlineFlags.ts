import type * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type Heartbeat, heartbeatFields, heartbeatOf } from "../../connection/index.ts"
import { type Framing, formatMillis, limits, parseDeadline, parseEscapes } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { value } from "./flag.ts"
import { given } from "./given.ts"

/** The flags that say for how long a peer may be silent, or stand still. */
export const deadlineFlags = (peer: "client" | "server") => ({
  idleTimeout: value("idle-timeout", "TIME", parseDeadline, {
    alias: "i",
    help: `A ${peer} that sends nothing for so long is closed (default: never).`,
  }),
  writeTimeout: value("write-timeout", "TIME", parseDeadline, {
    help: `A ${peer} that takes nothing of what waits for it for so long is closed (default: never).`,
  }),
  heartbeat: value("heartbeat", "TEXT", parseEscapes, {
    help: `Send TEXT, as a frame, to a ${peer} that is silent, and close it if nothing comes from it then. Not with --frame raw.`,
  }),
  heartbeatInterval: value("heartbeat-interval", "TIME", parseDeadline, {
    help: `Silence before a heartbeat (default ${formatMillis(Duration.toMillis(limits.heartbeatInterval))}).`,
  }),
  heartbeatTimeout: value("heartbeat-timeout", "TIME", parseDeadline, {
    help: `Silence after a heartbeat that closes a ${peer} (default: the same).`,
  }),
})

/** What the flags gave. */
export type DeadlineOptions = Command.Command.ParseConfig<{
  readonly [K in keyof ReturnType<typeof deadlineFlags>]: ReturnType<typeof deadlineFlags>[K]["options"]
}>

/** The deadlines among the settings: each from its flag, or else from the environment, or else the default. */
export const deadlineSettings = (options: DeadlineOptions) => ({
  idleTimeout: given(options.idleTimeout, variable("IDLE_TIMEOUT", parseDeadline, Duration.infinity)),
  writeTimeout: given(options.writeTimeout, variable("WRITE_TIMEOUT", parseDeadline, Duration.infinity)),
  heartbeat: Effect.map(
    Effect.all({
      payload: given(options.heartbeat, heartbeatFields.payload),
      interval: given(options.heartbeatInterval, heartbeatFields.interval),
      timeout: given(options.heartbeatTimeout, heartbeatFields.timeout),
    }),
    heartbeatOf,
  ),
})

/** Refuses a heartbeat that its receiver could not tell from other bytes. */
export const checkHeartbeat = ({
  frame,
  heartbeat,
}: {
  readonly frame: Framing.Framing
  readonly heartbeat: Heartbeat | undefined
}): Either.Either<void, CommandFailed> =>
  heartbeat !== undefined && frame.delimited === false
    ? Either.left(
        usageError("--heartbeat needs --frame line: in a raw stream the receiver could not tell it from other bytes"),
      )
    : Either.right(undefined)
