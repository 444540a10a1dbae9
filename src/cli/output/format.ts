/** Adds colour codes to text, or leaves it unchanged. */
export interface Style {
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
}

/**
 * The style of an output: dim for text on standard error, red for sent data. Received data has the default colour,
 * which every terminal can show.
 */
export const styleOf = (colour: boolean): Style =>
  colour
    ? { dim: (text) => `\u001b[2m${text}\u001b[22m`, red: (text) => `\u001b[31m${text}\u001b[39m` }
    : { dim: (text) => text, red: (text) => text }

const two = (value: number): string => String(value).padStart(2, "0")

const timeOf = (date: Date): string => {
  const millis = String(date.getMilliseconds()).padStart(3, "0")
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`
}

const dateOf = (date: Date): string =>
  `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`

/** The local time of day, with milliseconds. */
export const formatTime = (at: number): string => timeOf(new Date(at))

/** The local date. */
export const formatDate = (at: number): string => dateOf(new Date(at))

/** The local date and time with milliseconds and the offset from UTC, in the format of ISO 8601 and RFC 3339. */
export const formatIso = (at: number): string => {
  const date = new Date(at)
  // The offset in minutes, which is positive west of Greenwich.
  const behind = date.getTimezoneOffset()
  const minutes = Math.trunc(Math.abs(behind))
  const offset = `${behind > 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`
  return `${dateOf(date)}T${timeOf(date)}${offset}`
}
