import type { ByteWriter } from "./ByteWriter.ts"
import { type ShowLine, showBytes, showLine, showMixedLine } from "./showText.ts"
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

/** Shows independent pieces of bytes. It keeps no bytes between calls. */
export const wholeShower: LineShower = { writeLine: showLine }

/** The same as {@link wholeShower}, with `<HH>` in place of escapes. */
export const wholeMixedShower: LineShower = { writeLine: showMixedLine }

/**
 * Shows a stream of bytes. It keeps an incomplete character at the end of a piece until a later piece completes the
 * character.
 */
export class TextShower implements LineShower {
  // The bytes of an incomplete character, at most 3.
  private held: Uint8Array = none
  private readonly show: ShowLine

  /** `show` writes a line. By default it writes escapes. */
  constructor(show: ShowLine = showLine) {
    this.show = show
  }

  writeLine(bytes: Uint8Array, from: number, to: number, out: ByteWriter): number {
    let at = this.held.length === 0 ? from : this.complete(bytes, from, out)
    const whole = bytes.length - begunTail(bytes)
    if (at < to) at = this.show(bytes, at, Math.min(to, whole), out)
    if (at < whole || at === bytes.length) return at
    this.held = new Uint8Array(bytes.subarray(whole))
    return bytes.length
  }

  /** Whether the last piece ended with an incomplete character. */
  isHolding(): boolean {
    return this.held.length > 0
  }

  /** Reads a piece that is not shown. A character that begins in this piece may end in the next piece. */
  pass(bytes: Uint8Array): void {
    const tail = bytes.subarray(Math.max(0, bytes.length - (longestCharacter - 1)))
    const all = new Uint8Array(this.held.length + tail.length)
    all.set(this.held)
    all.set(tail, this.held.length)
    this.held = all.subarray(all.length - begunTail(all))
  }

  /** Ends the stream: writes the bytes of an incomplete character as escapes. */
  writeEnd(out: ByteWriter): void {
    showBytes(this.held, 0, this.held.length, out, this.show)
    this.held = none
  }

  /**
   * Skips a piece that the caller writes later. Returns a shower for the piece, and the bytes to write with the
   * returned shower. The piece must have at least 4 bytes.
   */
  skip(bytes: Uint8Array): readonly [shower: LineShower, bytes: Uint8Array] {
    const shower = new TextShower(this.show)
    const whole = bytes.length - begunTail(bytes)
    shower.held = this.held
    this.held = new Uint8Array(bytes.subarray(whole))
    return [shower, bytes.subarray(0, whole)]
  }

  /**
   * Adds bytes to the incomplete character. Writes it once it is complete or invalid. Returns the offset after the
   * bytes that belong to it.
   */
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
    return from + showBytes(head, 0, held.length, out, this.show) - held.length
  }
}
