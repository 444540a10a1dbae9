import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Assistant from "../../domain/assistant/index.ts"
import { ByteWriter } from "../../domain/ByteWriter.ts"
import { EventLineWriter } from "../../domain/EventLineWriter.ts"
import {
  type ClientEvent,
  type ConnectionId,
  Framing,
  formatConnectionId,
  type ServerEvent,
} from "../../domain/index.ts"
import { nextTurn } from "../../runtime/nextTurn.ts"
import type { LogFormat } from "../Assistant.ts"
import { EntryKind, type LogChunk } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import { readRecipients } from "./recipientList.ts"

// A pull of the stream ends after this many bytes of the file. A single row of text or NDJSON can be longer.
const pieceBytes = 64 * 1024
// The maximum number of rows to test in one turn of the event loop, for a filter that few rows match.
const pieceRows = 512
// The bytes of a frame to dump before the length of the piece is checked: 256 lines of the dump, below 20 KiB.
const dumpedBytes = 4096

const named = 4

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0")

/** The local date and time with microseconds. */
const stampOf = (at: number): string => {
  const date = new Date(at)
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`
  return `${day} ${time}.${pad(Math.floor((at - Math.floor(at / 1000) * 1000) * 1000), 6)}`
}

type Row = Assistant.LogRow

/** The start of each row of a text: time, client, sender, direction. */
const headOf = (row: Row): string => {
  const mark = row.kind === "received" ? "<" : row.kind === "sent" ? ">" : "*"
  const who =
    row.id === undefined
      ? row.to === undefined
        ? ""
        : ` ${row.to.first.slice(0, named).map(formatConnectionId).join(",")}${row.to.count > named ? ` and ${row.to.count - named} more` : ""}`
      : ` ${formatConnectionId(row.id)}${row.name === undefined ? "" : ` ${row.name}`}`
  const by = row.by === undefined ? "" : ` [${row.by}]`
  return `${stampOf(row.at)}${who}${by} ${mark} `
}

/**
 * Writes a row, starting at an offset in its frame. Returns the offset at which the next pull continues, or `undefined`
 * after the last byte of the row.
 */
type Write = (
  row: number,
  chunk: LogChunk,
  entry: number,
  frame: Uint8Array | undefined,
  out: ByteWriter,
  from: number,
) => number | undefined

/** The position at which a pull continues: a row, and the offset in its frame. */
interface Place {
  readonly row: number
  readonly offset: number
}

const textOf =
  (reader: LogReader, language: Assistant.LogLanguage): Write =>
  (row, chunk, entry, frame, out) => {
    const shown = reader.rowOf(row, chunk, entry, frame, "text", language)
    out.text(`${headOf(shown)}${shown.text ?? ""}${shown.cut === true ? ` … ${shown.bytes} bytes` : ""}\n`)
    return undefined
  }

const hexOf =
  (reader: LogReader, language: Assistant.LogLanguage): Write =>
  (row, chunk, entry, frame, out, from) => {
    if (from === 0) {
      const shown = reader.rowOf(row, chunk, entry, frame?.subarray(0, 0), "hex", language)
      out.text(`${headOf(shown)}${frame === undefined ? (shown.text ?? "") : `${frame.length} bytes`}\n`)
    }
    const length = frame?.length ?? 0
    let at = from
    for (; at < length && out.length < pieceBytes; at += dumpedBytes) {
      out.text(`${Assistant.hexDump((frame as Uint8Array).subarray(at, at + dumpedBytes), at)}\n`)
    }
    return at < length ? at : undefined
  }

const eventOf = (kind: "server" | "client"): Write => {
  const lines = new EventLineWriter()
  return (row, chunk, entry, frame, out) => {
    const at = chunk.at[entry] as number
    const seq = row
    if (frame === undefined) {
      const note = chunk.noteOf(entry)
      if (!("event" in note)) return undefined
      lines.write({ ...note.event, seq }, out)
    } else {
      const event = frameEvent(kind, seq, at, chunk, entry, frame)
      lines.write(event, out)
    }
    out.text("\n")
    return undefined
  }
}

const frameEvent = (
  kind: "server" | "client",
  seq: number,
  at: number,
  chunk: LogChunk,
  entry: number,
  bytes: Uint8Array,
): ServerEvent | ClientEvent => {
  const isSent = chunk.kind(entry) === EntryKind.sent
  if (kind === "client") {
    return isSent ? { _tag: "FrameSent", seq, at, bytes } : { _tag: "FrameReceived", seq, at, bytes }
  }
  const id = chunk.client[entry] as ConnectionId
  if (!isSent) return { _tag: "FrameReceived", seq, at, id, bytes }
  const to = id > 0 ? [id] : readRecipients(chunk.recipientsOf(entry), Number.POSITIVE_INFINITY).first
  return { _tag: "FrameSent", seq, at, to, bytes }
}

const rawOf =
  (reader: LogReader): Write =>
  (_row, chunk, entry, frame, out) => {
    if (frame !== undefined && chunk.kind(entry) !== EntryKind.sent) out.bytes(Framing.wireOf(reader.framing, frame))
    return undefined
  }

const missedText = (missed: number, language: Assistant.LogLanguage): string =>
  language === "zh"
    ? `${missed} 行在保存之前已被日志丢弃`
    : `${missed} rows were dropped from the log before they were saved`

/** The format of the file, and the kind of the window. */
interface SaveForm {
  readonly format: LogFormat
  readonly kind: "server" | "client"
  readonly language: Assistant.LogLanguage
}

/**
 * The rows of a log as a file, in pieces that are made on demand. The last row of the file is the last row of the log
 * at the start. If the log drops rows before they are written, a line with their number replaces them.
 */
export const saveLog = (
  reader: LogReader,
  { format, kind, language }: SaveForm,
  isWanted: ((chunk: LogChunk, entry: number, frame: Uint8Array | undefined) => boolean) | undefined,
): Stream.Stream<Uint8Array> =>
  Stream.suspend(() => {
    const { store } = reader
    const end = store.next
    const write: Write =
      format === "text"
        ? textOf(reader, language)
        : format === "hex"
          ? hexOf(reader, language)
          : format === "ndjson"
            ? eventOf(kind)
            : rawOf(reader)
    const missedLine = (missed: number, at: number, seq: number, out: ByteWriter): void => {
      if (format === "ndjson") {
        new EventLineWriter().write({ _tag: "EventsMissed", seq, at, missed }, out)
        out.text("\n")
      } else if (format !== "raw") out.text(`${missedText(missed, language)}\n`)
    }
    return Stream.paginateChunkEffect<Place, Uint8Array, never, never>({ row: store.first, offset: 0 }, (from) =>
      Effect.gen(function* () {
        // Other work gets a turn of the event loop between two pieces.
        yield* nextTurn
        const out = new ByteWriter()
        let place = from
        if (store.first > from.row) {
          place = { row: Math.min(end, store.first), offset: 0 }
          missedLine(place.row - from.row, store.kept[0]?.at[0] ?? 0, place.row, out)
        }
        const behind = Math.min(end, place.row + pieceRows)
        let next: Place | undefined
        reader.someRows(place.row, behind, (row, chunk, entry, frame) => {
          const offset = row === place.row ? place.offset : 0
          if (offset > 0 || isWanted === undefined || isWanted(chunk, entry, frame)) {
            const reached = write(row, chunk, entry, frame, out, offset)
            next = reached === undefined ? { row: row + 1, offset: 0 } : { row, offset: reached }
          }
          return out.length < pieceBytes
        })
        const following = out.length >= pieceBytes && next !== undefined ? next : { row: behind, offset: 0 }
        const piece = out.length === 0 ? Chunk.empty<Uint8Array>() : Chunk.of(out.take())
        return [piece, following.row < end ? Option.some(following) : Option.none<Place>()] as const
      }),
    )
  })
