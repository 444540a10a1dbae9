import * as Effect from "effect/Effect"
import { ByteWriter } from "../../domain/ByteWriter.ts"
import { allocate } from "../../runtime/bytes.ts"
import { nextTurn } from "../../runtime/nextTurn.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio, type StdioService } from "../process/stdio.ts"

type Part =
  | { readonly talk: string }
  | { readonly data: Uint8Array; readonly isRaw: boolean }
  | { readonly pieces: Iterable<Uint8Array> }

// Shorter data is copied into one buffer: many small copies cost less than many writes.
const worthItsOwnWrite = 16 * 1024
const fullBytes = 128 * 1024
const smallestBuffer = 4 * 1024

/** The size in bytes above which a frame is written in pieces, so that its output is never in memory as a whole. */
export const largeFrameBytes = 1024 * 1024

/** Output that waits for one flush: bytes for standard output (data) and standard error (talk), in order. */
export class Page {
  private readonly writer: ByteWriter
  private readonly parts: Array<Part> = []
  private talk = ""
  private sealedBytes = 0
  // Whether the writer contains raw bytes, not lines.
  private isRaw = false

  /** `expectedBytes` is the probable size of the data. */
  constructor(expectedBytes: number = 0) {
    this.writer = new ByteWriter(allocate, Math.max(expectedBytes, smallestBuffer))
  }

  /** The writer for complete lines of data. It is valid until the next call of another method. */
  get data(): ByteWriter {
    return this.writerOf(false)
  }

  /** Adds complete lines to the data. */
  out(text: string): void {
    this.data.text(text)
  }

  /** Adds raw bytes to the data. They must not change before the flush. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length < worthItsOwnWrite) this.writerOf(true).bytes(bytes)
    else this.seal({ data: bytes, isRaw: true }, bytes.length)
  }

  /** Adds data that is too large to be in memory as a whole. The flush makes and writes one piece at a time. */
  pieces(pieces: Iterable<Uint8Array>): void {
    this.seal({ pieces }, fullBytes)
  }

  /** Adds text for standard error. */
  err(text: string): void {
    if (text === "") return
    this.sealData()
    this.talk += text
  }

  /** The size of the data, in bytes. */
  get size(): number {
    return this.sealedBytes + this.writer.length
  }

  /** Whether the page should be flushed before anything else is added: it has 128 KiB or more, or pieces. */
  get isFull(): boolean {
    return this.size >= fullBytes
  }

  /** Writes the page. Waits while standard output has no room. */
  get flush(): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> {
    return Effect.flatMap(Stdio, (stdio) => {
      this.sealTalk()
      this.sealData()
      return Effect.forEach(
        this.parts,
        (part) => {
          if ("data" in part) return part.isRaw ? stdio.write(part.data) : stdio.writeLines(part.data)
          if ("talk" in part) return Effect.sync(() => stdio.say(part.talk))
          return writeAll(part.pieces[Symbol.iterator](), stdio.write)
        },
        { discard: true },
      )
    })
  }

  private writerOf(isRaw: boolean): ByteWriter {
    this.sealTalk()
    if (isRaw !== this.isRaw) this.sealData()
    this.isRaw = isRaw
    return this.writer
  }

  private seal(part: Part, bytes: number): void {
    this.sealTalk()
    this.sealData()
    this.parts.push(part)
    this.sealedBytes += bytes
  }

  private sealTalk(): void {
    if (this.talk === "") return
    this.parts.push({ talk: this.talk })
    this.talk = ""
  }

  private sealData(): void {
    if (this.writer.length === 0) return
    this.sealedBytes += this.writer.length
    this.parts.push({ data: this.writer.take(), isRaw: this.isRaw })
  }
}

const writeAll = (pieces: Iterator<Uint8Array>, write: StdioService["write"]): ReturnType<typeof write> =>
  Effect.suspend(() => {
    const next = pieces.next()
    if (next.done === true) return Effect.void
    return Effect.zipRight(Effect.zipRight(write(next.value), nextTurn), writeAll(pieces, write))
  })

/** Writes the events of one command onto a page. */
export interface Renderer<E> {
  readonly render: (event: E, page: Page) => void
}
