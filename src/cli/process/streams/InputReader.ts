import * as fs from "node:fs"
import { errorCode } from "../../../domain/errorCode.ts"
import { LentReads } from "../../../runtime/LentReads.ts"
import { type Descriptor, openAnew } from "./descriptor.ts"
import { type LooseHandle, openHandle, openShared, withoutBlocking } from "./looseHandle.ts"

/** What one read gave: bytes, the end of the input, or the system's code. */
export type ReadResult =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "End" }
  | { readonly _tag: "Failed"; readonly code: string }

const readSize = 64 * 1024
// What a pipe or socket gives in one read at most (pipe(7)) fills a good part of a buffer of this size.
const largestStreamRead = 256 * 1024
// Between two attempts where epoll(7) cannot wait, milliseconds.
const shortestWait = 1
const longestWait = 50

const end: ReadResult = { _tag: "End" }

/**
 * Standard input. Reads only when asked, one read at a time, and leaves the mode of the shared description as it is. A
 * read that was asked for and is not wanted any more keeps its bytes for the next one.
 */
export class InputReader {
  private readonly descriptor: Descriptor
  private fd: number
  // Makes single calls non-blocking; none with a description of our own.
  private shared: LooseHandle | undefined
  // Tells when there is something to read.
  private readiness: LooseHandle | undefined
  private opened = false
  private reads = new LentReads(readSize)
  private readsAhead = false
  private reading = false
  private kept: ReadResult | undefined
  private waiter: ((result: ReadResult) => void) | undefined
  private timer: NodeJS.Timeout | undefined
  private wait = shortestWait

  constructor(descriptor: Descriptor) {
    this.descriptor = descriptor
    this.fd = descriptor.fd
  }

  /** Reads once. `done` may be called within the call. Gives how to stop waiting. */
  read(done: (result: ReadResult) => void): () => void {
    const { kept } = this
    if (kept !== undefined) {
      // The end and a failure are for everybody who asks.
      if (kept._tag === "Bytes") this.kept = undefined
      done(kept)
      this.readAhead()
      return () => {}
    }
    this.waiter = done
    if (!this.reading) this.attempt()
    return () => {
      this.waiter = undefined
      this.stopWaiting()
    }
  }

  /**
   * Reads up to so many bytes at once from now on. A file is read ahead: its next piece while the last one is used. The
   * memory of a read is reused after {@link giveBack}.
   */
  readLarge(bytes: number): void {
    this.readsAhead = this.descriptor.kind === "file"
    this.reads = new LentReads(this.readsAhead ? bytes : Math.min(bytes, largestStreamRead))
  }

  /** Ends the use of the bytes of a read. */
  giveBack(bytes: Uint8Array): void {
    this.reads.giveBack(bytes)
  }

  private attempt(): void {
    if (!this.opened) this.open()
    if (this.kept !== undefined) this.settle(this.kept)
    else if (this.descriptor.kind === "file") this.readFile()
    else this.readStream()
  }

  private readStream(): void {
    const read = this.tryRead()
    if (read === "EAGAIN") {
      this.waitForMore()
      return
    }
    this.wait = shortestWait
    this.settle(typeof read === "string" ? this.failed(read) : read === 0 ? end : this.bytes(read))
  }

  /** The number of bytes read, or the system's code. */
  private tryRead(): number | string {
    try {
      return withoutBlocking(this.shared, () => fs.readSync(this.fd, this.reads.next()))
    } catch (error) {
      return errorCode(error)
    }
  }

  private open(): void {
    this.opened = true
    const { kind, readable } = this.descriptor
    if (kind === "folder") this.kept = { _tag: "Failed", code: "EISDIR" }
    else if (!readable) this.kept = { _tag: "Failed", code: "EBADF" }
    if (this.kept !== undefined || kind === "file") return
    const own = kind === "socket" ? "ENXIO" : openAnew(this.fd, "read")
    if (typeof own === "number") this.fd = own
    else this.shared = openShared(this.descriptor)
    // Other devices, such as /dev/null, are no business of epoll(7).
    if (kind === "device") return
    this.readiness = this.shared ?? openHandle(this.fd)
    // libuv asks for a buffer as soon as there is something to read. One of no bytes has it tell so (ENOBUFS) and not read.
    this.readiness?.useUserBuffer(new Uint8Array(0))
    if (this.readiness !== undefined) {
      this.readiness.onread = () => {
        this.stopWaiting()
        this.attempt()
      }
    }
  }

  // A thread of libuv reads, as a disk may be slow. The position in the file is shared with other programs.
  private readFile(): void {
    this.reading = true
    const buffer = this.reads.next()
    fs.read(this.fd, buffer, 0, buffer.length, null, (error, size) => {
      this.reading = false
      this.settle(error ? this.failed(errorCode(error)) : size === 0 ? end : this.bytes(size))
    })
  }

  private readAhead(): void {
    if (this.readsAhead && !this.reading && this.kept === undefined) this.readFile()
  }

  private waitForMore(): void {
    if (this.readiness !== undefined && this.readiness.readStart() === 0) return
    this.timer = setTimeout(() => this.attempt(), this.wait)
    this.wait = Math.min(2 * this.wait, longestWait)
  }

  private stopWaiting(): void {
    this.readiness?.readStop()
    clearTimeout(this.timer)
  }

  // A terminal that goes away is the end of the input, no more.
  private failed(code: string): ReadResult {
    return code === "EIO" && this.descriptor.kind === "terminal" ? end : { _tag: "Failed", code }
  }

  private bytes(size: number): ReadResult {
    return { _tag: "Bytes", bytes: this.reads.taken(size, this.reads.next()) }
  }

  private settle(result: ReadResult): void {
    const { waiter } = this
    this.waiter = undefined
    if (waiter === undefined || result._tag !== "Bytes") this.kept = result
    waiter?.(result)
    this.readAhead()
  }
}
