import { ByteWriter } from "./ByteWriter.ts"
import { TextShower } from "./TextShower.ts"

/**
 * Shows a stream of bytes as text, for one connection and one direction. A character that is split over two pieces is
 * held until it is whole; bytes that are not UTF-8 are written `\xHH`, control characters as escapes.
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

  /** The text of everything that is whole by now. */
  push(bytes: Uint8Array): string {
    const out = new ByteWriter()
    let at = 0
    while (at < bytes.length) at = this.shower.writeLine(bytes, at, bytes.length, out)
    return utf8.decode(out.take())
  }

  /** What is held will not be completed any more: gives its bytes. */
  end(): string {
    const out = new ByteWriter()
    this.shower.writeEnd(out)
    return utf8.decode(out.take())
  }
}

// A byte order mark is a character like any other.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })
