/** Whether colour codes are written. */
export interface Style {
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
}

/** Dim for talk, red for what is sent; the default colour for what is received, which every terminal can show. */
export const styleOf = (colour: boolean): Style =>
  colour
    ? { dim: (text) => `\u001b[2m${text}\u001b[22m`, red: (text) => `\u001b[31m${text}\u001b[39m` }
    : { dim: (text) => text, red: (text) => text }

const two = (value: number): string => String(value).padStart(2, "0")

/** The local time of day, with milliseconds. */
export const formatTime = (at: number): string => {
  const date = new Date(at)
  const millis = String(date.getMilliseconds()).padStart(3, "0")
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`
}

/** The rows of a shown text: each LF, which stands there as `\n`, ends one. */
export const rowsOf = (text: string): ReadonlyArray<string> =>
  text === "" ? [] : text.replace(/\\n(?=.)/gs, "\\n\n").split("\n")

/** A number of things: "1 frame", "2 frames". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`
