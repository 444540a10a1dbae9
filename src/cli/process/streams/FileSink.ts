import * as fs from "node:fs"
import { errorCode } from "../../../domain/errorCode.ts"
import { type Descriptor, descriptionOf } from "./descriptor.ts"
import { type Pieces, type Sink, sizeOf, withoutFirst } from "./Sink.ts"

const lineFeed = 0x0a
const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = fs.constants

/** The number of bytes after the last LF, in the first `count` bytes. */
const tornBytes = (pieces: Pieces, count: number): number => {
  let torn = 0
  let start = count
  // The search goes backwards from the last piece, so the first piece with an LF decides.
  const ends: Array<readonly [piece: Uint8Array, length: number]> = []
  for (const piece of pieces) {
    const length = Math.min(piece.length, start)
    if (length > 0) ends.push([piece, length])
    start -= length
  }
  for (const [piece, length] of ends.reverse()) {
    const found = piece.lastIndexOf(lineFeed, length - 1)
    if (found >= 0) return torn + length - found - 1
    torn += length
  }
  return torn
}

/**
 * A regular file. libuv's threads write it, one write at a time. The writes use the original descriptor, because other
 * programs share its position in the file (`(a; tcpfx; b) >file`).
 */
export class FileSink implements Sink {
  private readonly fds: Array<number>
  private fd: number
  private readonly path: string | undefined
  private append: boolean
  // The file has at least this length in bytes, unless another program truncates it.
  private end: number
  private rest: Pieces = []
  private generation = 0
  private busy = false
  private reopening: (() => void) | undefined

  /** `fds` are the standard descriptors of this file. */
  constructor(descriptor: Descriptor, fds: ReadonlyArray<number>) {
    this.fd = descriptor.fd
    this.fds = [...fds]
    this.path = descriptor.path
    this.append = descriptor.append
    this.end = descriptionOf(descriptor.fd)?.position ?? 0
  }

  write(pieces: Pieces, lines: boolean, done: (failure: string | undefined) => void): void {
    const generation = ++this.generation
    this.rest = pieces
    this.busy = true
    const finish = (failure: string | undefined) => {
      this.busy = false
      this.reopening?.()
      if (generation !== this.generation) return
      if (failure !== undefined && lines) this.cutTornLine(pieces, sizeOf(pieces) - sizeOf(this.rest))
      this.rest = []
      done(failure)
    }
    const next = () => {
      if (this.rest.length === 0 || generation !== this.generation) return finish(undefined)
      fs.writev(this.fd, [...this.rest], null, (error, written) => {
        if (error) return finish(errorCode(error))
        // After a short write, the next write reports the reason. A write of 0 bytes reports no reason, so it counts as
        // EIO.
        if (written === 0) return finish("EIO")
        this.end += written
        if (generation === this.generation) this.rest = withoutFirst(this.rest, written)
        next()
      })
    }
    this.noteTruncation(next)
  }

  pending(): number {
    return sizeOf(this.rest)
  }

  abandon(): void {
    this.generation++
    this.rest = []
  }

  watch(): void {}

  /** Opens the path of the file again for appending, and points all descriptors of the file to it. */
  reopen(done: (failure: string | undefined) => void): void {
    // The current write must finish in the old file.
    if (this.busy) {
      this.reopening = () => {
        this.reopening = undefined
        this.reopen(done)
      }
      return
    }
    done(this.path === undefined ? "the file has no name any more" : this.openAnew(this.path))
  }

  private openAnew(path: string): string | undefined {
    let opened: number | undefined
    try {
      const mode = fs.fstatSync(this.fd).mode & 0o777
      opened = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, mode)
      if (!fs.fstatSync(opened).isFile()) return `${path} is not a regular file`
      if (!this.fds.includes(this.fd)) fs.closeSync(this.fd)
      for (const [index, fd] of this.fds.entries()) this.fds[index] = replace(fd, opened)
      this.fd = this.fds[0] ?? this.fd
      this.append = true
      return undefined
    } catch (error) {
      return `${path} cannot be opened (${errorCode(error)})`
    } finally {
      if (opened !== undefined) fs.closeSync(opened)
    }
  }

  // After another program truncates the file (`: >log`, copytruncate of logrotate), the shared position is beyond its
  // end, and a write there would fill the gap with NULs. From then on, every write appends to the file.
  private noteTruncation(next: () => void): void {
    if (this.append) {
      next()
      return
    }
    fs.fstat(this.fd, (error, stat) => {
      if (!error && stat.size < this.end) {
        try {
          this.fd = fs.openSync(`/proc/self/fd/${this.fd}`, O_WRONLY | O_APPEND | O_NONBLOCK)
          this.append = true
        } catch {
          // A gap is better than no output.
        }
      }
      next()
    })
  }

  // Removes the written part of an incomplete line, unless another program has written after it.
  private cutTornLine(pieces: Pieces, written: number): void {
    const torn = tornBytes(pieces, written)
    if (torn === 0) return
    try {
      const end = descriptionOf(this.fd)?.position ?? this.end
      if (fs.fstatSync(this.fd).size !== end) return
      fs.ftruncateSync(this.fd, end - torn)
      this.end = end - torn
    } catch {
      // The incomplete line stays in the file. The failure of the write itself is reported.
    }
  }
}

// Points a descriptor to another file, so that the disk space of the old file can be freed. open(2) returns the lowest
// free descriptor, which is the descriptor just closed, unless another thread opens a file first.
const replace = (fd: number, by: number): number => {
  fs.closeSync(fd)
  return fs.openSync(`/proc/self/fd/${by}`, O_WRONLY | O_APPEND)
}
