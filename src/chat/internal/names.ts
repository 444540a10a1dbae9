import { needsQuotes } from "../../domain/assistant/recipientsText.ts"
import type { ConnectionId } from "../../domain/index.ts"

const longestName = 24
// The approximate length of a line in a list of names, characters.
const listWidth = 70
// A name has letters and digits of any script, with the combining marks that some scripts need. It has no invisible
// character, no blank (a blank ends a name in a command), and none of the signs that announcements put before or around
// a name.
const wellFormed = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*$/u

/** The name of a client that has not chosen one. */
export const guestName = (id: ConnectionId): string => `guest-${id}`

/** Converts a name to the form that is compared, so that similar names count as equal. */
export const folded = (name: string): string => name.normalize("NFKC").toLowerCase()

/** The reason why a text cannot be a name; `undefined` if it can. */
export const nameProblem = (name: string): string | undefined => {
  if ([...name].length > longestName) return `a name has at most ${longestName} characters`
  if (!wellFormed.test(name)) {
    return "a name has letters, digits, dots, hyphens and underscores, and begins with a letter or a digit"
  }
  if (/^\d+$/.test(name)) return "a name has a letter: a number alone stands for a connection"
  // A command of the operator for @all or @10.0.0.7 must not mean a client that has chosen this name.
  if (needsQuotes(folded(name))) return "this name stands for other recipients, as in @all, @last and @10.0.0.7"
  if (/^guest-\d+$/i.test(name)) return "the server gives the names of guests"
  return undefined
}

/** The lines of a list of names. */
export const listOfNames = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = `${names.length} ${names.length === 1 ? "client is" : "clients are"} here:`
  for (const [at, name] of names.entries()) {
    if (line.length + name.length > listWidth) {
      lines.push(`${line},`)
      line = name
    } else line += `${at === 0 ? "" : ","} ${name}`
  }
  return [...lines, line]
}
