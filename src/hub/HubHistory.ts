import * as Duration from "effect/Duration"
import { settings as check } from "../domain/index.ts"

/** The memory bound of a {@link HubHistory}. */
export interface HistoryBound {
  /**
   * The maximum number of bytes in the history. A joiner gets the newest frames that fit into a quarter of its budget.
   * Default 2 MiB (`historyDefaults.maxBytes`).
   */
  readonly maxBytes?: number
}

/**
 * The frames that a hub keeps for late joiners: the last ones, or those since a time ago.
 *
 * @example
 * import { Effect } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { Hub } from "tcpfx/hub"
 *
 * const hub = Hub.make({ framing: Framing.line, history: { last: 100 } })
 * const wrong = Hub.make({ history: { last: 0 } })
 * const error = await Effect.runPromise(Effect.scoped(Effect.zipRight(hub, Effect.flip(wrong))))
 * assert.match(error.message, /history\.last/)
 */
export type HubHistory =
  | (HistoryBound & {
      /** The number of frames: 1 to 100 000. */
      readonly last: number
    })
  | (HistoryBound & {
      /** The age of the oldest frame: 1 s to 7 days. */
      readonly since: Duration.DurationInput
    })

interface HistoryFields {
  readonly last: number
  readonly since: Duration.DurationInput
  readonly maxBytes: number
}

/** The defaults of a history. Each comment names the unit, and what happens at the bound. */
export const historyDefaults = {
  /** The maximum number of bytes in the history. Above it, the history loses its oldest frames. */
  maxBytes: 2 * 1024 * 1024,
} as const

/** The bounds of a history. */
export const historyBounds = {
  mostFrames: 100_000,
  leastAge: Duration.seconds(1),
  mostAge: Duration.days(7),
  leastBytes: 64 * 1024,
  mostBytes: 256 * 1024 * 1024,
} as const

/** A checked history: `last` frames, none of them older than `maxAgeMillis`, and `maxBytes` bytes. */
export interface HistoryLimits {
  readonly last: number
  readonly maxAgeMillis: number
  readonly maxBytes: number
}

const { leastAge, leastBytes, mostAge, mostBytes, mostFrames } = historyBounds

/** The checks of the fields of a history. */
export const historyChecks: check.SettingChecks<HistoryFields> = {
  last: check.wholeNumber(1, mostFrames),
  since: check.durationFrom(leastAge, mostAge, 'a duration from "1 second" to "7 days"'),
  maxBytes: check.wholeNumber(leastBytes, mostBytes),
}

/** The check of the option `history`. */
export const historyCheck: check.SettingCheck = {
  ...check.fieldsOf(historyChecks, "an object with either last or since, and maxBytes if needed"),
  accepts: (value) => typeof value === "object" && value !== null && "last" in value !== "since" in value,
}

/** Returns the limits of a history that {@link historyCheck} has accepted. */
export const historyLimits = (history: HubHistory): HistoryLimits => ({
  last: "last" in history ? history.last : Number.POSITIVE_INFINITY,
  maxAgeMillis: "since" in history ? Duration.toMillis(history.since) : Number.POSITIVE_INFINITY,
  maxBytes: history.maxBytes ?? historyDefaults.maxBytes,
})
