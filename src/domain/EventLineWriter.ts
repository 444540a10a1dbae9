import { ByteWriter } from "./ByteWriter.ts"
import { writeBase64 } from "./base64.ts"
import type { ClientEvent } from "./ClientEvent.ts"
import { safeJson, writeJsonText } from "./jsonText.ts"
import { parseErrorText } from "./ParseErrorText.ts"
import type { ServerEvent } from "./ServerEvent.ts"
import { isUtf8 } from "./utf8.ts"

/**
 * The version of event lines. It increases when a field is removed or changes its meaning, but not when a field is
 * added.
 */
export const eventLineVersion = 1

type AnyEvent = ServerEvent | ClientEvent
/** An event with a payload. */
type FrameEvent = Extract<AnyEvent, { readonly bytes: Uint8Array }>

// Payload bytes per piece of a line: a multiple of 3, so that the base64 of a piece has no padding.
const pieceBytes = 96 * 1024

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const heads = {
  FrameReceived: ascii(`{"v":${eventLineVersion},"_tag":"FrameReceived","seq":`),
  FrameSent: ascii(`{"v":${eventLineVersion},"_tag":"FrameSent","seq":`),
}
const textField = ascii('","text":"')
const end = ascii('"}')

/**
 * Writes events as lines of JSON without line ends. A line has the fields that the event's Schema encodes, and `text`
 * if the payload is UTF-8. The writer builds lines by hand, because the encoder of the Schema needs ten times as long.
 */
export class EventLineWriter {
  // A cache of the text between the number and the payload of the last frame. Under load, many frames have the same
  // text.
  private lastAt = Number.NaN
  private lastId: number | undefined
  private lastFields: Uint8Array = new Uint8Array(0)

  write(event: AnyEvent, out: ByteWriter): void {
    if (!("bytes" in event)) {
      const { _tag, seq, at, ...rest } = event
      const text = "parseError" in rest && rest.parseError ? { parseError: parseErrorText(rest.parseError) } : undefined
      out.text(safeJson({ v: eventLineVersion, _tag, seq, at, ...rest, ...text }))
      return
    }
    // Reserves room for base64, text and field names, so that the buffer does not grow in several steps.
    out.reserve(3 * event.bytes.length + 256)
    this.writeHead(event, out)
    writeBase64(event.bytes, out)
    const withoutText = out.length
    out.bytes(textField)
    if (writeJsonText(event.bytes, 0, event.bytes.length, out) === -1) out.length = withoutText
    out.bytes(end)
  }

  /**
   * Returns the line of a large frame in pieces. Each piece is built on demand, so the whole line is never in memory.
   */
  *pieces(event: FrameEvent, allocate: (length: number) => Uint8Array): Iterable<Uint8Array> {
    const { bytes } = event
    const out = new ByteWriter(allocate)
    this.writeHead(event, out)
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      writeBase64(bytes.subarray(at, at + pieceBytes), out)
      yield out.take()
    }
    if (isUtf8(bytes)) {
      out.bytes(textField)
      let at = 0
      while (at < bytes.length) {
        at = writeJsonText(bytes, at, Math.min(at + pieceBytes, bytes.length), out)
        yield out.take()
      }
    }
    out.bytes(end)
    yield out.take()
  }

  /** Writes the line of a frame up to the base64 of its payload. */
  private writeHead(event: FrameEvent, out: ByteWriter): void {
    out.bytes(heads[event._tag])
    writeNumber(event.seq, out)
    if ("to" in event) {
      out.ascii(`,"at":${safeJson(event.at)},"to":[${event.to.join(",")}],"bytes":"`)
      return
    }
    const id = "id" in event ? event.id : undefined
    if (event.at !== this.lastAt || id !== this.lastId) {
      this.lastAt = event.at
      this.lastId = id
      this.lastFields = ascii(`,"at":${safeJson(event.at)}${id === undefined ? "" : `,"id":${safeJson(id)}`},"bytes":"`)
    }
    out.bytes(this.lastFields)
  }
}

const writeNumber = (value: number, out: ByteWriter): void => {
  if (Number.isSafeInteger(value) && value >= 0) out.integer(value)
  else out.ascii(safeJson(value))
}
