/** The values of `--precision`. */
export const precisions = ["ms", "us"] as const
/** The last digit of a time: milliseconds or microseconds. */
export type Precision = (typeof precisions)[number]

const two = (value: number): string => String(value).padStart(2, "0")

const three = (value: number): string => String(value).padStart(3, "0")

/** The microseconds after the milliseconds of a time. A `Date` has none. */
const microsOf = (at: number, precision: Precision): string =>
  precision === "us" ? three(Math.floor((at - Math.floor(at)) * 1000)) : ""

const timeOf = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${three(date.getMilliseconds())}`

const dateOf = (date: Date): string =>
  `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`

/** The local time of day. */
export const formatTime = (at: number, precision: Precision = "ms"): string =>
  `${timeOf(new Date(at))}${microsOf(at, precision)}`

/** The local date. */
export const formatDate = (at: number): string => dateOf(new Date(at))

/** The local date and time with the offset from UTC, in the format of ISO 8601 and RFC 3339. */
export const formatIso = (at: number, precision: Precision = "ms"): string => {
  const date = new Date(at)
  // The offset in minutes, which is positive west of Greenwich.
  const behind = date.getTimezoneOffset()
  const minutes = Math.trunc(Math.abs(behind))
  const offset = `${behind > 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`
  return `${dateOf(date)}T${timeOf(date)}${microsOf(at, precision)}${offset}`
}

/** A span of time in seconds, with its sign: `+0.012`. It is negative if the clock was set back. */
export const formatSpan = (millis: number, precision: Precision): string => {
  const digits = precision === "us" ? 6 : 3
  const text = (Math.abs(millis) / 1000).toFixed(digits)
  return `${millis < 0 ? "-" : "+"}${text}`
}
