import type * as Duration from "effect/Duration"
import type * as Either from "effect/Either"
import { settings as check, type SettingsError } from "../../domain/index.ts"
import type { FrameMetricsOptions } from "../options.ts"

/** Options that are checked and completed with the defaults. */
export interface CheckedOptions {
  readonly every: Duration.Duration
  readonly frames: boolean
}

/** Checks the options and adds the defaults. */
export const checkOptions = ({
  every = "1 second",
  frames = true,
}: FrameMetricsOptions): Either.Either<CheckedOptions, SettingsError> =>
  check.checkSettings({ every, frames }, { every: check.deadline, frames: check.oneOfThese([true, false]) })
