/**
 * Returns the edit distance of two words: the number of missing, extra, wrong or transposed letters (optimal string
 * alignment).
 */
export const editDistance = (a: string, b: string): number => {
  let beforeLast: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const now = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let least = Math.min(
        (last[column] as number) + 1,
        (now[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (beforeLast[column - 2] as number) + 1)
      }
      now.push(least)
    }
    beforeLast = last
    last = now
  }
  return last[b.length] as number
}

// The number of letters that are compared at most. No name is longer.
const longestCompared = 40

/**
 * Returns the word that a mistyped word probably means: a word that differs in one or two letters, or that begins with
 * the given word. Returns `undefined` if no word is near.
 */
export const nearest = (word: string, words: Iterable<string>): string | undefined => {
  const written = word.slice(0, longestCompared).toLowerCase()
  let best: string | undefined
  let least = written.length <= 3 ? 1 : 2
  for (const candidate of words) {
    const name = candidate.toLowerCase()
    const distance = written.length >= 2 && name.startsWith(written) ? 1 : editDistance(written, name)
    if (distance < least || (distance === least && best === undefined)) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Returns a suggestion such as ` (did you mean "send"?)`, or an empty text if no word is near. */
export const suggestion = (word: string, words: Iterable<string>): string => {
  const near = nearest(word, words)
  return near === undefined ? "" : ` (did you mean "${near}"?)`
}
