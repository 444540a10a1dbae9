import { logFormats, logLevels, type MessageLog } from "../process/MessageLog.ts"
import { oneOf, unwrapped, value } from "./flag.ts"

/** The flags of the messages on standard error. */
export const messageFlags = {
  logLevel: value("log-level", logLevels.join("|"), oneOf(...logLevels), {
    help: "The lowest level of the messages on standard error (default info). Data on standard output does not change.",
  }),
  logFormat: value("log-format", logFormats.join("|"), oneOf(...logFormats), {
    help: "The form of the messages on standard error: text (default), or one line of JSON each.",
  }),
}

/**
 * Applies the flags in the words of a normalized command line, before the other flags are checked, so that they also
 * apply to the message about a wrong flag. A wrong value is reported later, by its parser.
 */
export const applyMessageFlags = (words: ReadonlyArray<string>, log: MessageLog): void => {
  const textOf = (name: string) => {
    const at = words.indexOf(`--${name}`)
    return at < 0 ? undefined : unwrapped(words[at + 1] ?? "")
  }
  log.level = logLevels.find((level) => level === textOf("log-level")) ?? log.level
  log.format = logFormats.find((format) => format === textOf("log-format")) ?? log.format
}
