import { escapeControls, eventLineVersion } from "../../domain/index.ts"
import { safeJson } from "../../domain/jsonText.ts"

/** The values of `--log-level`: the least important messages that are shown, or `none`. */
export const logLevels = ["debug", "info", "warn", "error", "none"] as const
export type LogLevel = (typeof logLevels)[number]

/** The level of a message. */
export type MessageLevel = Exclude<LogLevel, "none">

/** The values of `--log-format`. */
export const logFormats = ["text", "json"] as const
export type LogFormat = (typeof logFormats)[number]

/** Further fields of a message in JSON. */
export interface MessageFields {
  /** The tag of the event that the message describes. */
  readonly event?: string
  /** The number of the connection. */
  readonly id?: number
}

/** A message as text. Control characters are escaped: paths, names and peers' text must not control the terminal. */
export const plainLine = (text: string): string => `tcpfx: ${escapeControls(text)}\n`

/** The choice and the form of the messages on standard error. Data on standard output does not depend on it. */
export class MessageLog {
  level: LogLevel = "info"
  format: LogFormat = "text"
  /** Gets the messages of the command about itself that are shown. */
  onMessage: ((level: MessageLevel, text: string) => void) | undefined

  /** Whether messages of a level are shown. */
  shows(level: MessageLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.level)
  }

  /** A message as a line. */
  line(level: MessageLevel, text: string): string {
    return this.format === "json" ? this.json(Date.now(), level, text) : plainLine(text)
  }

  /** A message as a line of JSON. `at` is the time in milliseconds since the epoch. */
  json(at: number, level: MessageLevel, message: string, fields: MessageFields = {}): string {
    return `${safeJson({ v: eventLineVersion, _tag: "Log", at, level, message, ...fields })}\n`
  }
}
