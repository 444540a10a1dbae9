import type * as Duration from "effect/Duration"
import type * as Either from "effect/Either"
import { settings as check, type SettingsError } from "../../domain/index.ts"

/** Options of all metrics. */
export interface CommonOptions {
  /** Further labels, such as the name of the server. Default none. */
  readonly tags?: Readonly<Record<string, string>>
  /** The time between two samples, at least 1 ms. Default 1 second. `Duration.infinity`: only one sample, at the end. */
  readonly every?: Duration.DurationInput
}

/** Options of metrics with frames. */
export interface FrameOptions extends CommonOptions {
  /** Whether frames are counted, which costs some nanoseconds for each frame. Default `true`. */
  readonly frames?: boolean
}

/** Checked options. */
export interface CheckedOptions {
  readonly every: Duration.Duration
  readonly frames: boolean
}

/** Checks the options and adds the defaults. */
export const checkOptions = ({
  every = "1 second",
  frames = true,
}: FrameOptions): Either.Either<CheckedOptions, SettingsError> =>
  check.checkSettings({ every, frames }, { every: check.deadline, frames: check.oneOfThese([true, false]) })
