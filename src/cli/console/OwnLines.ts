// The maximum number of lines that wait for the next frame. Without a limit, they would fill the memory while the
// terminal is stopped.
const mostLines = 1000

/** Lines that are not rows of the log and wait for the next frame. Above the limit, the oldest lines are dropped. */
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

  /** Returns and removes the lines since the last call, with the number of lines that were dropped before them. */
  take(): { readonly dropped: number; readonly lines: ReadonlyArray<string> } {
    const { dropped, lines } = this
    this.lines = []
    this.dropped = 0
    return { dropped, lines }
  }
}
