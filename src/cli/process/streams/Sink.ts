/** The bytes of one write, in order. They are not copied, and must not change until `done` is called. */
export type Pieces = ReadonlyArray<Uint8Array>

/** The target of an {@link Output}. It handles one write at a time. */
export interface Sink {
  /**
   * Writes all pieces, then calls `done`, with the system's error code if the write failed. May call `done` before it
   * returns.
   */
  readonly write: (pieces: Pieces, lines: boolean, done: (failure: string | undefined) => void) => void
  /** The number of bytes of the current write that the kernel has not accepted yet. */
  readonly pending: () => number
  /** Abandons the current write: its `done` is never called. */
  readonly abandon: () => void
  /** Calls `onGone` once, with the system's error code, when no reader is left. */
  readonly watch: (onGone: (failure: string) => void) => void
  /** Regular files only: opens the path again. `done` receives the failure in words, if any. */
  readonly reopen?: (done: (failure: string | undefined) => void) => void
}

/** The total length of some pieces, in bytes. */
export const sizeOf = (pieces: Pieces): number => {
  let size = 0
  for (const piece of pieces) size += piece.length
  return size
}

/** The pieces without their first `count` bytes. */
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
