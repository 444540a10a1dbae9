import * as fs from "node:fs"
import { errorCode } from "../../../domain/errorCode.ts"
import { type LooseHandle, withoutBlocking } from "./looseHandle.ts"
import { type Pieces, type Sink, sizeOf, withoutFirst } from "./Sink.ts"

// The wait between two attempts, in milliseconds. It doubles as long as the kernel accepts nothing.
const shortestWait = 1
const longestWait = 20
// The time between two checks of the reader of a socket, in milliseconds.
const watchInterval = 400
// The largest number of pieces that writev(2) accepts (IOV_MAX).
const mostPieces = 1024

/**
 * A descriptor that a `LoopSink` cannot serve: a socket, which cannot be opened again (ENXIO), a pipe or terminal of
 * another user (EACCES after su or sudo), a device, or any descriptor on a system without /proc. The sink writes
 * without blocking, and tries again after a short wait when the kernel accepts nothing.
 *
 * libuv cannot wait here: it writes as soon as there is some room, and that write would block, because the shared
 * description is blocking. A thread that writes would block too, and the process cannot end before its threads.
 */
export class PollSink implements Sink {
  private readonly fd: number
  private readonly handle: LooseHandle | undefined
  private readonly isSocket: boolean
  private rest: Pieces = []
  private wait = shortestWait
  private timer: NodeJS.Timeout | undefined

  /** `handle` makes single calls non-blocking. Undefined if the description never blocks. */
  constructor(fd: number, handle: LooseHandle | undefined, isSocket: boolean) {
    this.fd = fd
    this.handle = handle
    this.isSocket = isSocket
  }

  write(pieces: Pieces, _lines: boolean, done: (failure: string | undefined) => void): void {
    this.rest = pieces
    this.wait = shortestWait
    this.attempt(done)
  }

  pending(): number {
    return sizeOf(this.rest)
  }

  abandon(): void {
    clearTimeout(this.timer)
    this.rest = []
  }

  watch(onGone: (failure: string) => void): void {
    if (!this.isSocket) return
    // An empty write to a socket without a reader fails with EPIPE. An empty write to a pipe always succeeds.
    const look = setInterval(() => {
      try {
        withoutBlocking(this.handle, () => fs.writeSync(this.fd, new Uint8Array(0)))
      } catch (error) {
        if (errorCode(error) === "EAGAIN") return
        clearInterval(look)
        onGone(errorCode(error))
      }
    }, watchInterval)
    look.unref()
  }

  private attempt(done: (failure: string | undefined) => void): void {
    while (this.rest.length > 0) {
      let taken = 0
      try {
        const pieces = this.rest.slice(0, mostPieces)
        taken = withoutBlocking(this.handle, () => fs.writevSync(this.fd, pieces))
      } catch (error) {
        const code = errorCode(error)
        if (code !== "EAGAIN") {
          this.rest = []
          done(code)
          return
        }
      }
      if (taken === 0) {
        this.timer = setTimeout(() => this.attempt(done), this.wait)
        this.wait = Math.min(2 * this.wait, longestWait)
        return
      }
      this.wait = shortestWait
      this.rest = withoutFirst(this.rest, taken)
    }
    done(undefined)
  }
}
