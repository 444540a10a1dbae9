import * as fs from "node:fs"
import { errorCode } from "../../../domain/errorCode.ts"
import { LentReads } from "../../../runtime/LentReads.ts"
import { type Descriptor, openAnew } from "./descriptor.ts"
import { type LooseHandle, openHandle, openShared, withoutBlocking } from "./looseHandle.ts"

/** The result of one read: bytes, the end of the input, or the system's error code. */
export type ReadResult =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "End" }
  | { readonly _tag: "Failed"; readonly code: string }

const readSize = 64 * 1024
// The largest buffer for a read of a pipe or socket, in bytes. A larger buffer would stay mostly empty (pipe(7)).
const largestStreamRead = 256 * 1024
// The wait between two attempts where epoll(7) cannot be used, in milliseconds.
const shortestWait = 1
const longestWait = 50

const end: ReadResult = { _tag: "End" }

/**
 * Standard input. Reads only on request, one read at a time, and does not change the mode of the shared open file
 * description. The bytes of a cancelled read go to the next read.
 */
export class InputReader {
  private readonly descriptor: Descriptor
  private fd: number
  // Makes single calls non-blocking. Undefined if no other program shares the open file description.
  private shared: LooseHandle | undefined
  // Reports when the descriptor is readable.
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

  /** Reads once. May call `done` before it returns. Returns a function that cancels the read. */
  read(done: (result: ReadResult) => void): () => void {
    const { kept } = this
    if (kept !== undefined) {
      // The end and a failure are the result of all later reads too.
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
   * After this call, each read returns at most this many bytes. A file is read ahead: the next piece is read while the
   * caller uses the last piece. The memory of a read is reused after {@link recycle}.
   */
  readLarge(bytes: number): void {
    this.readsAhead = this.descriptor.kind === "file"
    this.reads = new LentReads(this.readsAhead ? bytes : Math.min(bytes, largestStreamRead))
  }

  /** Allows the memory of a read to be reused. */
  recycle(bytes: Uint8Array): void {
    this.reads.recycle(bytes)
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

  /** Returns the number of bytes read, or the system's error code. */
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
    // epoll(7) does not accept other devices, such as /dev/null.
    if (kind === "device") return
    this.readiness = this.shared ?? openHandle(this.fd)
    // libuv asks for a buffer when the descriptor is readable. With an empty buffer it calls `onread` with ENOBUFS and
    // does not read.
    this.readiness?.useUserBuffer(new Uint8Array(0))
    if (this.readiness !== undefined) {
      this.readiness.onread = () => {
        this.stopWaiting()
        this.attempt()
      }
    }
  }

  // A libuv thread reads, because a disk may be slow. Other programs share the position in the file.
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

  // For a terminal that has hung up, EIO means the end of the input.
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
