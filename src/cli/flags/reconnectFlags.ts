import type * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type ReconnectSettings, reconnectDefaults } from "../../client/index.ts"
import { formatMillis, parseCount, parseDeadline } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { toggle, value } from "./flag.ts"
import { environmentError, given } from "./given.ts"

const shown = (duration: Duration.Duration) => formatMillis(Duration.toMillis(duration))

/** The flags of reconnecting. */
export const reconnectFlags = {
  reconnect: toggle("reconnect", { help: "Connect again when connecting fails or the connection is lost." }),
  reconnectDelay: value("reconnect-delay", "TIME", parseDeadline, {
    help: `The first delay; each failure in a row doubles it (default ${shown(reconnectDefaults.baseDelay)}).`,
  }),
  reconnectMax: value("reconnect-max", "TIME", parseDeadline, {
    help: `The longest delay (default ${shown(reconnectDefaults.maxDelay)}).`,
  }),
  maxAttempts: value("max-attempts", "N", parseCount, {
    help: "Give up after N failed attempts in a row (default: never).",
  }),
}

/** The values of {@link reconnectFlags}. */
export type ReconnectOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof reconnectFlags]: (typeof reconnectFlags)[K]["options"]
}>

/**
 * The settings of reconnecting: each from its flag, or else from its environment variable. Undefined without
 * `--reconnect`.
 */
export const reconnectSettings = (options: ReconnectOptions) =>
  Effect.gen(function* () {
    const { maxAttempts, reconnect, reconnectDelay, reconnectMax } = options
    if (!reconnect) return undefined
    const settings: Partial<ReconnectSettings> = yield* Effect.mapError(
      Effect.all({
        baseDelay: given(reconnectDelay, variable("RECONNECT_DELAY", parseDeadline, reconnectDefaults.baseDelay)),
        maxDelay: given(reconnectMax, variable("RECONNECT_MAX", parseDeadline, reconnectDefaults.maxDelay)),
        maxAttempts: given(maxAttempts, variable("MAX_ATTEMPTS", parseCount, reconnectDefaults.maxAttempts)),
      }),
      environmentError,
    )
    return settings
  })
