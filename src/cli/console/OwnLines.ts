// Lines that wait for the next frame. A terminal that takes nothing must not let them fill the memory.
const mostLines = 1000

/** Lines of the console itself, which are not in the log, until the next frame shows them. The oldest ones go first. */
export class OwnLines {
  private lines: Array<string> = []
  private dropped = 0

  add(lines: ReadonlyArray<string>): void {
    for (const line of lines) this.lines.push(line)
    const more = this.lines.length - mostLines
    if (more <= 0) return
    this.lines.splice(0, more)
    this.dropped += more
  }

  /** Gives the lines since the last call, and the number of those that were dropped before them. */
  take(): { readonly dropped: number; readonly lines: ReadonlyArray<string> } {
    const { dropped, lines } = this
    this.lines = []
    this.dropped = 0
    return { dropped, lines }
  }
}
