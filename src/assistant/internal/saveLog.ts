import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Assistant from "../../domain/assistant/index.ts"
import { ByteWriter } from "../../domain/ByteWriter.ts"
import { EventLineWriter } from "../../domain/EventLineWriter.ts"
import { type ClientEvent, type ConnectionId, formatConnectionId, type ServerEvent } from "../../domain/index.ts"
import type { LogFormat } from "../Assistant.ts"
import { EntryKind, type LogChunk } from "./LogChunk.ts"
import type { LogReader } from "./LogReader.ts"
import { nextTurn } from "./nextTurn.ts"
import { readRecipients } from "./recipientList.ts"

// What one pull of the stream gives, about.
const pieceBytes = 64 * 1024
// Rows that are looked at in one pull.
const pieceRows = 512

const named = 4

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0")

/** Local date and time with microseconds. */
const stampOf = (at: number): string => {
  const date = new Date(at)
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`
  return `${day} ${time}.${pad(Math.floor((at - Math.floor(at / 1000) * 1000) * 1000), 6)}`
}

type Row = Assistant.LogRow

/** Time, direction, client: what each row of a text begins with. */
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

type Write = (row: number, chunk: LogChunk, entry: number, frame: Uint8Array | undefined, out: ByteWriter) => void

const textOf =
  (reader: LogReader): Write =>
  (row, chunk, entry, frame, out) => {
    const shown = reader.rowOf(row, chunk, entry, frame, "text")
    out.text(`${headOf(shown)}${shown.text ?? ""}${shown.cut === true ? ` … ${shown.bytes} bytes` : ""}\n`)
  }

const hexOf =
  (reader: LogReader): Write =>
  (row, chunk, entry, frame, out) => {
    const shown = reader.rowOf(row, chunk, entry, frame?.subarray(0, 0), "hex")
    if (frame === undefined) out.text(`${headOf(shown)}${shown.text ?? ""}\n`)
    else out.text(`${headOf(shown)}${frame.length} bytes\n${Assistant.hexDump(frame)}\n`)
  }

const eventOf = (kind: "server" | "client"): Write => {
  const lines = new EventLineWriter()
  return (row, chunk, entry, frame, out) => {
    const at = chunk.at[entry] as number
    const seq = row
    if (frame === undefined) {
      const note = chunk.noteOf(entry)
      if (!("event" in note)) return
      lines.write({ ...note.event, seq }, out)
    } else {
      const event = frameEvent(kind, seq, at, chunk, entry, frame)
      lines.write(event, out)
    }
    out.text("\n")
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
    if (frame === undefined || chunk.kind(entry) === EntryKind.sent) return
    out.bytes(reader.framing.encode(frame))
  }

/**
 * The rows of a log as a file, in pieces that are made when they are pulled. It ends at the row that was the last one when
 * it began. Rows that fall out of the log before they are pulled are counted in their place.
 */
export const saveLog = (
  reader: LogReader,
  kind: "server" | "client",
  format: LogFormat,
  isWanted: ((chunk: LogChunk, entry: number, frame: Uint8Array | undefined) => boolean) | undefined,
): Stream.Stream<Uint8Array> =>
  Stream.suspend(() => {
    const { store } = reader
    const end = store.next
    const write: Write =
      format === "text"
        ? textOf(reader)
        : format === "hex"
          ? hexOf(reader)
          : format === "ndjson"
            ? eventOf(kind)
            : rawOf(reader)
    const missedLine = (missed: number, at: number, seq: number, out: ByteWriter): void => {
      if (format === "ndjson") {
        new EventLineWriter().write({ _tag: "EventsMissed", seq, at, missed }, out)
        out.text("\n")
      } else if (format !== "raw") out.text(`${missed} rows fell out of the log before they were saved\n`)
    }
    return Stream.paginateChunkEffect(store.first, (from) =>
      Effect.gen(function* () {
        // The event loop has a turn between two pieces.
        yield* nextTurn
        const out = new ByteWriter()
        let next = from
        if (store.first > from) {
          next = Math.min(end, store.first)
          missedLine(next - from, store.kept[0]?.at[0] ?? 0, next, out)
        }
        while (next < end && out.length < pieceBytes) {
          const behind = Math.min(end, next + pieceRows)
          let last = next
          reader.eachRow(next, behind, (row, chunk, entry, frame) => {
            last = row + 1
            if (isWanted === undefined || isWanted(chunk, entry, frame)) write(row, chunk, entry, frame, out)
          })
          next = Math.max(last, behind)
        }
        const piece = out.length === 0 ? Chunk.empty<Uint8Array>() : Chunk.of(out.take())
        return [piece, next < end ? Option.some(next) : Option.none<number>()] as const
      }),
    )
  })
