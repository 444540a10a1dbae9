import type * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { heartbeatFields, heartbeatOf } from "../../connection/index.ts"
import { formatMillis, limits, parseDeadline, parseEscapes } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { value } from "./flag.ts"
import { given } from "./given.ts"

/** The flags that bound how long a peer may send nothing or accept nothing. */
export const deadlineFlags = (peer: "client" | "server") => ({
  idleTimeout: value("idle-timeout", "TIME", parseDeadline, {
    alias: "i",
    help: `Close the connection if the ${peer} sends nothing for TIME (default: never).`,
  }),
  writeTimeout: value("write-timeout", "TIME", parseDeadline, {
    help: `Close the connection if the ${peer} accepts none of its queued bytes for TIME (default: never).`,
  }),
  heartbeat: value("heartbeat", "TEXT", parseEscapes, {
    help: `Send TEXT as a frame to a silent ${peer}, and close the connection if the ${peer} stays silent. TEXT has escapes.`,
  }),
  heartbeatInterval: value("heartbeat-interval", "TIME", parseDeadline, {
    help: `How long a ${peer} is silent before a heartbeat (default ${formatMillis(Duration.toMillis(limits.heartbeatInterval))}).`,
  }),
  heartbeatTimeout: value("heartbeat-timeout", "TIME", parseDeadline, {
    help: `How long a ${peer} may be silent after a heartbeat (default: the interval).`,
  }),
})

/** The values of {@link deadlineFlags}. */
export type DeadlineOptions = Command.Command.ParseConfig<{
  readonly [K in keyof ReturnType<typeof deadlineFlags>]: ReturnType<typeof deadlineFlags>[K]["options"]
}>

/** The settings of the deadlines: each from its flag, or else from its environment variable, or else the default. */
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
