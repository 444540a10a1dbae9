/** The bytes of one write, in order. They are not copied, and must not change until `done`. */
export type Pieces = ReadonlyArray<Uint8Array>

/** Where an {@link Output} writes to. It has one write at a time. */
export interface Sink {
  /** Writes all of it, then calls `done`, perhaps within the call; with the system's code if that failed. */
  readonly write: (pieces: Pieces, lines: boolean, done: (failure: string | undefined) => void) => void
  /** Bytes of the present write that the system has not taken yet. */
  readonly pending: () => number
  /** Gives the present write up: `done` is not called any more. */
  readonly abandon: () => void
  /** Calls back once, when nobody can read any more, with the system's code. */
  readonly watch: (onGone: (failure: string) => void) => void
  /** Regular files only: opens the path anew. Gives the failure in words, or nothing. */
  readonly reopen?: (done: (failure: string | undefined) => void) => void
}

/** The bytes in some pieces. */
export const sizeOf = (pieces: Pieces): number => {
  let size = 0
  for (const piece of pieces) size += piece.length
  return size
}

/** What is left of some pieces after so many bytes. */
export const withoutFirst = (pieces: Pieces, count: number): Pieces => {
  let index = 0
  let skip = count
  for (let piece = pieces[0]; piece !== undefined && piece.length <= skip; piece = pieces[index]) {
    skip -= piece.length
    index++
  }
  const first = pieces[index]
  if (first === undefined) return []
  return skip === 0 ? pieces.slice(index) : [first.subarray(skip), ...pieces.slice(index + 1)]
}
