import type { ByteWriter } from "./ByteWriter.ts"
import { showBytes, showLine } from "./showText.ts"
import { begunTail } from "./utf8.ts"

const none = new Uint8Array(0)
const longestCharacter = 4

/** Writes bytes as rows of text. */
export interface LineShower {
  /**
   * Writes the whole characters from `from` to the first LF, inclusive, or to `to`. A character that crosses `to` is
   * written whole. Returns the offset at which the next call for these bytes continues.
   */
  readonly writeLine: (bytes: Uint8Array, from: number, to: number, out: ByteWriter) => number
}

/** A shower for independent pieces: it holds no bytes from one call to the next. */
export const wholeShower: LineShower = { writeLine: showLine }

/** A shower for a stream: it holds an incomplete character at the end of a piece until a later piece completes it. */
export class TextShower implements LineShower {
  // The beginning of a character, at most 3 bytes.
  private held: Uint8Array = none

  writeLine(bytes: Uint8Array, from: number, to: number, out: ByteWriter): number {
    let at = this.held.length === 0 ? from : this.complete(bytes, from, out)
    const whole = bytes.length - begunTail(bytes)
    if (at < to) at = showLine(bytes, at, Math.min(to, whole), out)
    if (at < whole || at === bytes.length) return at
    this.held = new Uint8Array(bytes.subarray(whole))
    return bytes.length
  }

  /** Whether the shower holds the beginning of a character. */
  isHolding(): boolean {
    return this.held.length > 0
  }

  /** Writes the held bytes as they are, at the end of the stream. */
  writeEnd(out: ByteWriter): void {
    showBytes(this.held, 0, this.held.length, out)
    this.held = none
  }

  /**
   * Moves on past a piece that is written later. Returns a shower for that piece, and the bytes to write with it. The
   * piece must have at least 4 bytes.
   */
  skip(bytes: Uint8Array): readonly [shower: LineShower, bytes: Uint8Array] {
    const shower = new TextShower()
    const whole = bytes.length - begunTail(bytes)
    shower.held = this.held
    this.held = new Uint8Array(bytes.subarray(whole))
    return [shower, bytes.subarray(0, whole)]
  }

  /** Writes the held character, complete or not. Returns the offset after the bytes that belong to it. */
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
