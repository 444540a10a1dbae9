import type { ByteWriter } from "./ByteWriter.ts"
import { showBytes, showLine } from "./showText.ts"
import { begunTail } from "./utf8.ts"

const none = new Uint8Array(0)
const longestCharacter = 4

/** What writes bytes as rows of text. */
export interface LineShower {
  /**
   * Writes what is whole from `from` on, up to and with the first LF, or to `to`; a character that reaches beyond `to`
   * is written whole. Gives the place behind what is written or held, where the next call for these bytes goes on.
   */
  readonly writeLine: (bytes: Uint8Array, from: number, to: number, out: ByteWriter) => number
}

/** Shows bytes that stand for themselves: nothing is held from one call to the next. */
export const wholeShower: LineShower = { writeLine: showLine }

/** Shows a stream of bytes: a character that one piece begins is held until another completes it. */
export class TextShower implements LineShower {
  // The beginning of a character, 3 bytes at most.
  private held: Uint8Array = none

  writeLine(bytes: Uint8Array, from: number, to: number, out: ByteWriter): number {
    let at = this.held.length === 0 ? from : this.complete(bytes, from, out)
    const whole = bytes.length - begunTail(bytes)
    if (at < to) at = showLine(bytes, at, Math.min(to, whole), out)
    if (at < whole || at === bytes.length) return at
    this.held = new Uint8Array(bytes.subarray(whole))
    return bytes.length
  }

  /** Whether the beginning of a character is held. */
  isHolding(): boolean {
    return this.held.length > 0
  }

  /** Writes the bytes that are held, which will not be completed any more. */
  writeEnd(out: ByteWriter): void {
    showBytes(this.held, 0, this.held.length, out)
    this.held = none
  }

  /**
   * Goes on behind a piece that is shown later: gives what shows that piece, and the bytes to be shown with it. The piece
   * has 4 bytes at least.
   */
  skip(bytes: Uint8Array): readonly [shower: LineShower, bytes: Uint8Array] {
    const shower = new TextShower()
    const whole = bytes.length - begunTail(bytes)
    shower.held = this.held
    this.held = new Uint8Array(bytes.subarray(whole))
    return [shower, bytes.subarray(0, whole)]
  }

  /** Writes the character that is held, with the bytes that complete it or without. Gives the place behind those. */
  private complete(bytes: Uint8Array, from: number, out: ByteWriter): number {
    const { held } = this
    const tail = bytes.subarray(from, from + longestCharacter - 1)
    const head = new Uint8Array(held.length + tail.length)
    head.set(held)
    head.set(tail, held.length)
    if (begunTail(head) === head.length) {
      this.held = head
      return bytes.length
    }
    this.held = none
    return from + showBytes(head, 0, held.length, out) - held.length
  }
}
