import { escapeControls } from "./escapes.ts"

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

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
  private held = new Uint8Array(0)

  /** The text of everything that is whole by now. */
  push(bytes: Uint8Array): string {
    const all = this.held.length === 0 ? bytes : joined(this.held, bytes)
    const whole = all.length - begunTail(all)
    this.held = new Uint8Array(all.subarray(whole))
    return show(all.subarray(0, whole))
  }

  /** What is held will not be completed any more: gives its bytes. */
  end(): string {
    const rest = show(this.held)
    this.held = new Uint8Array(0)
    return rest
  }
}

const joined = (head: Uint8Array, tail: Uint8Array): Uint8Array => {
  const all = new Uint8Array(head.length + tail.length)
  all.set(head)
  all.set(tail, head.length)
  return all
}

const sequenceLength = (lead: number): number =>
  lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) === 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 1

/** How many bytes at the end are a character that has begun and is not whole. */
const begunTail = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) === 0x80) continue
    return sequenceLength(byte) > back ? back : 0
  }
  return 0
}

const show = (bytes: Uint8Array): string => {
  try {
    return escapeControls(strict.decode(bytes))
  } catch {
    return showBroken(bytes)
  }
}

const showBroken = (bytes: Uint8Array): string => {
  let text = ""
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at] as number
    const length = sequenceLength(byte)
    const character = byte < 0x80 || length > 1 ? decodeOne(bytes.subarray(at, at + length)) : undefined
    text += character ?? `\\x${byte.toString(16).padStart(2, "0")}`
    at += character === undefined ? 1 : length
  }
  return text
}

const decodeOne = (bytes: Uint8Array): string | undefined => {
  try {
    return escapeControls(strict.decode(bytes))
  } catch {
    return undefined
  }
}
