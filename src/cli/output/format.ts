import type { TlsSession } from "../../domain/index.ts"

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

/** The local date and time with milliseconds and the offset from UTC, as ISO 8601 and RFC 3339 have it. */
export const formatIso = (at: number): string => {
  const date = new Date(at)
  // Minutes, positive to the west of Greenwich.
  const behind = date.getTimezoneOffset()
  const minutes = Math.trunc(Math.abs(behind))
  const offset = `${behind > 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`
  return `${dateOf(date)}T${timeOf(date)}${offset}`
}

/** A number of things: "1 frame", "2 frames". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

/** What to say when the peer ended TLS without close_notify. */
export const describeCut = (closeNotify: boolean | undefined): string =>
  closeNotify === false ? "; TLS ended without close_notify, so data may be missing" : ""

/** What TLS has agreed on, to stand behind an announcement; nothing where it is not spoken. */
export const describeTls = (tls: TlsSession | undefined): string => {
  if (tls === undefined) return ""
  const { alpn, cipher, peer, protocol } = tls
  return ` (${[protocol, cipher, ...(alpn === undefined ? [] : [alpn]), ...(peer === undefined ? [] : [peer.subject])].join(", ")})`
}
