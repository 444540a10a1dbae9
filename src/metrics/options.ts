import type * as Duration from "effect/Duration"

/** Options of all metrics. */
export interface MetricsOptions {
  /** Further labels, such as the name of the server. Default none. */
  readonly tags?: Readonly<Record<string, string>>
  /** The time between two samples, at least 1 ms. Default 1 second. `Duration.infinity`: only one sample, at the end. */
  readonly every?: Duration.DurationInput
}

/** Options of metrics with frames. */
export interface FrameMetricsOptions extends MetricsOptions {
  /** Whether frames are counted, which costs up to 0.5 µs for each frame. Default `true`. */
  readonly frames?: boolean
}
