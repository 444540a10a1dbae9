import * as Assistant from "../../domain/assistant/index.ts"
import { type ClientEvent, type ConnectionId, Framing, type ServerEvent } from "../../domain/index.ts"
import type { Described } from "../describe.ts"
import { EntryKind, type LogChunk, type Note } from "./LogChunk.ts"
import type { LogStore } from "./LogStore.ts"
import { noticeText } from "./Notice.ts"
import { readRecipients } from "./recipientList.ts"

// A row shows at most this many characters, and at most this many bytes as hex, of its frame.
const shownCharacters = 1024
const shownHexBytes = 341
// The maximum number of bytes to search backwards for the start of a character, if the encoding gives no smaller bound.
const mostBefore = 4096
const namedRecipients = 8
const none = new Uint8Array(0)

/**
 * The data of a client that the rows of a log show. After the client has disconnected, the data stays available for as
 * long as rows need it.
 */
export interface LogClients {
  readonly nameOf: (client: number) => string | undefined
  readonly coderOf: (client: number, direction: "in" | "out") => Assistant.TextCoder
}

/** Reads the rows of a log: splits runs into frames and formats them. */
export class LogReader {
  readonly store: LogStore
  readonly framing: Framing.Framing
  private readonly clients: LogClients
  private readonly describe: (event: ServerEvent | ClientEvent, language: Assistant.LogLanguage) => Described

  constructor(options: {
    readonly store: LogStore
    readonly framing: Framing.Framing
    readonly clients: LogClients
    readonly describe: (event: ServerEvent | ClientEvent, language: Assistant.LogLanguage) => Described
  }) {
    this.store = options.store
    this.framing = options.framing
    this.clients = options.clients
    this.describe = options.describe
  }

  /**
   * Calls `each` with frames of an entry that is not a note, starting at the frame `index`: up to `most` frames, or all
   * frames if the framing has no `cut`. Returns the offset after the last frame. `from` is the offset of the first
   * frame in the run, or -1 if it is unknown.
   */
  eachFrame(
    chunk: LogChunk,
    entry: number,
    index: number,
    most: number,
    each: (index: number, frame: Uint8Array) => void,
    from = -1,
  ): number {
    const bytes = chunk.bytesOf(entry)
    if (chunk.kind(entry) === EntryKind.sent || this.framing.delimited === false) {
      if (index === 0) each(0, bytes)
      return bytes.length
    }
    let at = from < 0 ? 0 : index
    return Framing.cutSome(this.framing, bytes, Math.max(0, from), index - at + most, (frame) => {
      if (at >= index) each(at, frame)
      at++
    })
  }

  /** Calls `each` with those rows from `from` to `to` that the log still contains. */
  eachRow(
    from: number,
    to: number,
    each: (row: number, chunk: LogChunk, entry: number, frame: Uint8Array | undefined) => void,
  ): void {
    this.someRows(from, to, (row, chunk, entry, frame) => {
      each(row, chunk, entry, frame)
      return true
    })
  }

  /** Calls `each` with those rows from `from` to `to` that the log still contains, until `each` returns `false`. */
  someRows(
    from: number,
    to: number,
    each: (row: number, chunk: LogChunk, entry: number, frame: Uint8Array | undefined) => boolean,
  ): void {
    const end = Math.min(to, this.store.next)
    let goesOn = true
    for (let row = Math.max(from, this.store.first); row < end && goesOn; ) {
      const chunk = this.store.chunkOf(row)
      if (chunk === undefined) return
      const entry = chunk.entryOf(row - chunk.firstRow)
      const first = chunk.firstRow + (chunk.row[entry] as number)
      const behind = first + chunk.rowsOf(entry)
      const most = Math.min(end, behind) - row
      if (chunk.kind(entry) === EntryKind.note) goesOn = each(row, chunk, entry, undefined)
      else {
        const skip = row - first
        this.eachFrame(chunk, entry, skip, most, (index, frame) => {
          if (goesOn && index < skip + most) goesOn = each(first + index, chunk, entry, frame)
        })
      }
      row = behind
    }
  }

  /** Formats a row as user interfaces show it. */
  rowOf(
    row: number,
    chunk: LogChunk,
    entry: number,
    frame: Uint8Array | undefined,
    view: Assistant.LogView,
    language: Assistant.LogLanguage,
  ): Assistant.LogRow {
    const at = chunk.at[entry] as number
    const client = chunk.client[entry] as number
    const name = client === 0 ? undefined : this.clients.nameOf(client)
    const about = {
      ...(client === 0 ? {} : { id: client as ConnectionId }),
      ...(name === undefined || name === "" ? {} : { name }),
    }
    if (frame === undefined) {
      const { text, tone } = this.wordsOf(chunk.noteOf(entry), language)
      return { row, at, kind: "announcement", ...about, text, tone }
    }
    const isSent = chunk.kind(entry) === EntryKind.sent
    const list = isSent ? chunk.recipientsOf(entry) : none
    const by = isSent ? this.store.nameOf(chunk.by(entry)) : ""
    const coder = this.coderOf(chunk, entry)
    const shown =
      view === "hex"
        ? undefined
        : Assistant.shownText(
            coder,
            isSent ? none : this.before(chunk, entry, coder),
            frame,
            shownCharacters,
            view === "mixed" ? "mixed" : "text",
          )
    const hex = view === "text" || view === "mixed" ? undefined : Assistant.shownHex(frame, shownHexBytes)
    return {
      row,
      at,
      kind: isSent ? "sent" : "received",
      ...about,
      ...(list.length > 0 ? { to: readRecipients(list, namedRecipients) } : {}),
      ...(by === "" ? {} : { by }),
      ...(shown === undefined ? {} : { text: shown.text }),
      ...(hex === undefined ? {} : { hex: hex.hex }),
      bytes: frame.length,
      ...(shown?.cut === true || hex?.cut === true ? { cut: true } : {}),
    }
  }

  /** Describes a note in words. */
  wordsOf(note: Note, language: Assistant.LogLanguage): Described {
    return "event" in note
      ? this.describe(note.event, language)
      : { text: noticeText(note.notice, language), tone: note.tone }
  }

  /** The encoding of the bytes of an entry. */
  coderOf(chunk: LogChunk, entry: number): Assistant.TextCoder {
    const isSent = chunk.kind(entry) === EntryKind.sent
    return this.clients.coderOf(chunk.client[entry] as number, isSent ? "out" : "in")
  }

  /**
   * The text of a frame, without escapes. A character that starts in this frame and ends in the next one belongs to the
   * next one.
   */
  textOf(chunk: LogChunk, entry: number, frame: Uint8Array): string {
    const coder = this.coderOf(chunk, entry)
    const before = chunk.kind(entry) === EntryKind.sent ? none : this.before(chunk, entry, coder)
    const decoder = coder.decoder()
    if (before.length > 0) decoder.write(before)
    return decoder.write(frame)
  }

  /**
   * The bytes that precede a run in its stream, as far as they can affect the decoding of the run. Empty if each frame
   * ends at the end of a character.
   */
  before(chunk: LogChunk, entry: number, coder: Assistant.TextCoder): Uint8Array {
    const reach = reachOf(coder.name)
    if (reach === 0 || this.framing.delimited !== false || chunk.link[entry] === 0) return none
    const isMixed = Assistant.mixedEncodings.includes(coder.name)
    const parts: Array<Uint8Array> = []
    let length = 0
    for (
      let place = this.previous(chunk, entry);
      place !== undefined;
      place = this.previous(place.chunk, place.entry)
    ) {
      const bytes = place.chunk.bytesOf(place.entry)
      const from = Math.max(0, bytes.length - (reach - length), isMixed ? behindLast(bytes) : 0)
      parts.unshift(bytes.subarray(from))
      length += bytes.length - from
      if (from > 0 || length >= reach) break
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }

  private previous(chunk: LogChunk, entry: number) {
    const back = chunk.link[entry] as number
    return back === 0 ? undefined : this.store.placeOf(chunk.firstEntry + entry - back)
  }
}

/**
 * The number of bytes to read before a run: they may belong to the first character of the run, or show where characters
 * start.
 */
const reachOf = (encoding: string): number =>
  encoding === "utf-8"
    ? 3
    : Assistant.mixedEncodings.includes(encoding) || encoding.startsWith("utf-16")
      ? mostBefore
      : 0

/**
 * The offset after the last byte that cannot be part of a multi-byte character, in encodings that mix characters of one
 * byte and of several bytes.
 */
const behindLast = (bytes: Uint8Array): number => {
  for (let at = bytes.length - 1; at >= 0; at--) if ((bytes[at] as number) < 0x30) return at + 1
  return 0
}
