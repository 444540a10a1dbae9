const newline = 0x0a
const dash = 0x2d
const codeLength = 3

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/**
 * Finds out whether an answer in lines goes on. In SMTP and FTP, a line such as `250-` begins an answer of several lines.
 * A line with the same code and another character, such as `250 `, ends it (RFC 959, section 4.2). Lines of other forms
 * begin nothing.
 */
export class ReplyLines {
  /** The first bytes of the current line: the code, and the character that follows it. */
  private head: Array<number> = []
  private code: string | undefined

  /** Adds received bytes. */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      const end = bytes.indexOf(newline, at)
      const stop = end === -1 ? bytes.length : end + 1
      this.head.push(...bytes.subarray(at, Math.min(stop, at + codeLength + 1 - this.head.length)))
      if (end !== -1) this.endLine()
      at = stop
    }
  }

  /** Whether the last complete line says that more lines follow. */
  get isOpen(): boolean {
    return this.code !== undefined
  }

  /** Forgets an answer that has not ended. */
  restart(): void {
    this.code = undefined
  }

  private endLine(): void {
    const { head } = this
    this.head = []
    const digits = head.slice(0, codeLength)
    if (digits.length < codeLength || !digits.every(isDigit)) return
    const code = String.fromCharCode(...digits)
    if (head[codeLength] === dash) this.code ??= code
    else if (code === this.code) this.code = undefined
  }
}
