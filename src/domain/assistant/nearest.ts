/**
 * How many letters two words differ in: letters that are missing, too many, wrong, or exchanged with their neighbour
 * (optimal string alignment).
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

// A word is compared with at most so many of its letters: no name is longer.
const longestCompared = 40

/**
 * The word that was probably meant: one that differs in a letter or two, or that the given word begins. Nothing where no
 * word is near.
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

/** ` (did you mean "send"?)`, or nothing where no word is near. */
export const suggestion = (word: string, words: Iterable<string>): string => {
  const near = nearest(word, words)
  return near === undefined ? "" : ` (did you mean "${near}"?)`
}
