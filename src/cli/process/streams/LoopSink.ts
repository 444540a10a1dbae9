import { errorCode } from "../../../domain/errorCode.ts"
import { type OwnStream, openStream } from "./looseHandle.ts"
import type { Pieces, Sink } from "./Sink.ts"

// When the last reader has closed a pipe, libuv reads from the write end. This read fails with EBADF, and Node destroys
// the stream. Writes in progress then fail with ERR_STREAM_DESTROYED. So both codes mean EPIPE.
const failureOf = (error: Error): string => {
  const code = errorCode(error)
  return code === "EBADF" || code === "ERR_STREAM_DESTROYED" ? "EPIPE" : code
}

/** A pipe or terminal whose open file description is non-blocking and not shared. libuv waits for room and writes. */
export class LoopSink implements Sink {
  private readonly stream: OwnStream
  private readonly isPipe: boolean
  private onGone: ((failure: string) => void) | undefined
  private failure: string | undefined
  private generation = 0

  constructor(fd: number, isPipe: boolean) {
    this.isPipe = isPipe
    this.stream = openStream(fd, isPipe)
    const { socket } = this.stream
    socket.on("error", (error) => {
      this.failure = failureOf(error)
      this.onGone?.(this.failure)
    })
    // A pending write keeps the event loop running anyway.
    socket.unref()
  }

  write(pieces: Pieces, _lines: boolean, done: (failure: string | undefined) => void): void {
    const generation = ++this.generation
    const { socket } = this.stream
    if (this.failure !== undefined || socket.destroyed) {
      done(this.failure ?? "EPIPE")
      return
    }
    let left = pieces.length
    const onWritten = (error?: Error | null) => {
      if (generation !== this.generation) return
      if (error) {
        this.generation++
        done(this.failure ?? failureOf(error))
      } else if (--left === 0) done(undefined)
    }
    socket.cork()
    for (const piece of pieces) socket.write(piece, onWritten)
    socket.uncork()
  }

  pending(): number {
    return this.stream.handle?.writeQueueSize ?? this.stream.socket.writableLength
  }

  abandon(): void {
    this.generation++
  }

  /**
   * Watches pipes only. When a terminal hangs up, the kernel sends SIGHUP. The end of its input would look like the end
   * of the reader.
   */
  watch(onGone: (failure: string) => void): void {
    this.onGone = onGone
    if (this.failure !== undefined) onGone(this.failure)
    else if (this.isPipe && this.stream.handle !== undefined) this.stream.socket.resume()
  }
}
