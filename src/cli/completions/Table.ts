/** The kind of the values of a flag or argument, if they cannot be listed in advance. */
export type ValueKind = "file" | "folder" | "address" | "endpoint" | "host" | "macro" | "section" | "command" | "none"

/** A flag, with the data that the completions need. */
export interface FlagEntry {
  readonly name: string
  readonly alias: string | undefined
  readonly synonyms: ReadonlyArray<string>
  readonly takesValue: boolean
  readonly repeats: boolean
  readonly help: string
  /**
   * The values that the flag accepts, as far as they can be listed. After a value that ends with `:`, the user types
   * the rest.
   */
  readonly choices: ReadonlyArray<string>
  readonly kind: ValueKind
}

/** A command, with the data that the completions need. */
export interface CommandEntry {
  readonly summary: string
  readonly flags: ReadonlyArray<FlagEntry>
  /** The kind of the arguments. */
  readonly args: ValueKind
  readonly choices: ReadonlyArray<string>
}

/** All commands with their flags. The build stores the table, so that the completions load nothing else. */
export type CompletionTable = Readonly<Record<string, CommandEntry>>
