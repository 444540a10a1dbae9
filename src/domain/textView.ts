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

const hex = Array.from({ length: 256 }, (_, byte) => `\\x${byte.toString(16).padStart(2, "0")}`)

// Written out by hand: binary data has a broken sequence every other byte, and a decoder that throws at each would hold
// up the sockets.
const showBroken = (bytes: Uint8Array): string => {
  let text = ""
  let run = 0
  let at = 0
  while (at < bytes.length) {
    const length = validLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    if (at > run) text += escapeControls(decodeValid(bytes, run, at))
    text += hex[bytes[at] as number]
    at++
    run = at
  }
  return at > run ? text + escapeControls(decodeValid(bytes, run, at)) : text
}

/** The length of the well-formed character at a place, 0 if there is none (Unicode 15, table 3-7). */
const validLength = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at] as number
  if (lead < 0x80) return 1
  const length = sequenceLength(lead)
  if (length === 1 || at + length > bytes.length) return 0
  const second = bytes[at + 1] as number
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let next = at + 2; next < at + length; next++) {
    if (((bytes[next] as number) & 0xc0) !== 0x80) return 0
  }
  return length
}

// A decoder call costs more than a short run is worth.
const decodeValid = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start > 32) return strict.decode(bytes.subarray(start, end))
  let text = ""
  for (let at = start; at < end; ) {
    const lead = bytes[at] as number
    const length = lead < 0x80 ? 1 : sequenceLength(lead)
    let code = length === 1 ? lead : lead & (0x7f >> length)
    for (let next = at + 1; next < at + length; next++) code = (code << 6) | ((bytes[next] as number) & 0x3f)
    text += String.fromCodePoint(code)
    at += length
  }
  return text
}
