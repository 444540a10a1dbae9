import { ByteWriter } from "./ByteWriter.ts"
import { TextShower } from "./TextShower.ts"

/**
 * Shows a stream of bytes as text, for one direction of one connection. It keeps an incomplete character until the next
 * piece completes it. It shows bytes that are not UTF-8 as `\xHH`, and control characters as escapes.
 *
 * @example
 * import { TextView } from "tcpfx/domain"
 *
 * const view = new TextView()
 * assert.equal(view.push(Uint8Array.of(0x61, 0xc3)), "a")
 * assert.equal(view.push(Uint8Array.of(0xa9, 0xff)), "é\\xff")
 */
export class TextView {
  private readonly shower = new TextShower()

  /** Adds a piece. Returns the text of all characters that are complete. */
  push(bytes: Uint8Array): string {
    const out = new ByteWriter()
    let at = 0
    while (at < bytes.length) at = this.shower.writeLine(bytes, at, bytes.length, out)
    return utf8.decode(out.take())
  }

  /** Ends the stream. Returns the bytes of an incomplete character as escapes. */
  end(): string {
    const out = new ByteWriter()
    this.shower.writeEnd(out)
    return utf8.decode(out.take())
  }
}

// `ignoreBOM` keeps a byte order mark in the text.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })
