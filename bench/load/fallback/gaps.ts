interface Gap {
  from: number
  /** The first sequence that is not missing any more. */
  to: number
}

/** Gaps that are kept: of a server that loses a lot, the oldest are given up, and what still comes of them is doubled. */
const most = 1024

/** Sequences that were passed over and have not come yet. */
export class Gaps {
  // In ascending order: a gap is only ever opened behind the last one.
  private readonly gaps: Array<Gap> = []

  open(from: number, to: number): void {
    this.gaps.push({ from, to })
    if (this.gaps.length > most) this.gaps.shift()
  }

  /** Whether a sequence was missing; it no longer is. */
  take(sequence: number): boolean {
    const index = this.firstBehind(sequence) - 1
    const gap = this.gaps[index]
    if (gap === undefined || sequence >= gap.to) return false
    const { from, to } = gap
    const left = [
      { from, to: sequence },
      { from: sequence + 1, to },
    ].filter((part) => part.from < part.to)
    this.gaps.splice(index, 1, ...left)
    return true
  }

  /** Index of the first gap that begins behind a sequence. */
  private firstBehind(sequence: number): number {
    let low = 0
    let high = this.gaps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.gaps[middle]?.from ?? 0) <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
