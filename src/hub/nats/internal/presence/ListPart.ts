/** An entry of a list that a node announces: its key, which is never used again, and its fields as JSON. */
export type ListEntry = readonly [key: number, ...fields: ReadonlyArray<string | number>]

/** The part of a list that one announcement carries: changes, or a part of the whole list. */
export interface ListPart<E extends ListEntry> {
  /** The version of the list after this part. Changes follow the version before. */
  readonly version: number
  /** Absent: changes. Otherwise a part of the whole list with `of` entries, after its first `at` entries. */
  readonly whole?: { readonly at: number; readonly of: number } | undefined
  /** New entries, and new fields of earlier entries. */
  readonly joined: ReadonlyArray<E>
  /** The keys of the entries that have left. */
  readonly left: ReadonlyArray<number>
}
