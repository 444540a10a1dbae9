import type * as Duration from "effect/Duration"

/** Options of all metrics. */
export interface MetricsOptions {
  /** Further labels, such as the name of the server. Default none. */
  readonly tags?: Readonly<Record<string, string>>
  /**
   * The time between two samples, at least 1 ms. Default 1 second. `Duration.infinity`: one sample at the start and one
   * at the end.
   */
  readonly every?: Duration.DurationInput
}

/** Options of the metrics of a server or client, which can count frames. */
export interface FrameMetricsOptions extends MetricsOptions {
  /** Whether frames are counted. Counting costs up to 0.5 µs for each frame. Default `true`. */
  readonly frames?: boolean
}
