import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { call, close } from "../files/files.ts"
import type { Pieces } from "../process/streams/Sink.ts"
import { openTarget, type Target } from "./target.ts"

const isMissing = (code: string): boolean => code === "ENOENT"

const rename = (from: string, to: string) => call<void>((done) => fs.rename(from, to, (error) => done(error)))

const truncate = (fd: number, length: number) => call<void>((done) => fs.ftruncate(fd, length, (error) => done(error)))

/**
 * A file that the command appends to. Each step runs in a thread of libuv, can be interrupted, and fails with the
 * system's code.
 */
export class LogFile {
  readonly path: string
  /** The length of the file in bytes, unless another program changes the file. */
  size = 0
  /** The number of times that another file has replaced this file. */
  generation = 0
  private readonly append: boolean
  private target: Target | undefined
  private isBegun = false
  // Only one of these runs at a time: writing, opening the file again, and rotating.
  private readonly turns = Effect.unsafeMakeSemaphore(1)

  /** Without `append`, the first write truncates the file. */
  constructor(path: string, append: boolean) {
    this.path = path
    this.append = append
  }

  get isOpen(): boolean {
    return this.target !== undefined
  }

  /** Opens the file if it is closed, and does not change its content. */
  readonly open: Effect.Effect<Target, string> = Effect.suspend(() => {
    if (this.target !== undefined) return Effect.succeed(this.target)
    return Effect.tap(openTarget(this.path), (opened) => {
      this.target = opened
      this.size = opened.size
    })
  })

  private readonly opened: Effect.Effect<Target, string> = Effect.suspend(() =>
    Effect.flatMap(this.open, (target) => {
      if (this.isBegun) return Effect.succeed(target)
      const emptied = this.append || !target.isRegular || target.size === 0 ? Effect.void : truncate(target.fd, 0)
      return Effect.as(
        Effect.tap(emptied, () => {
          this.isBegun = true
          if (!this.append) this.size = 0
        }),
        target,
      )
    }),
  )

  /** Truncates the file, unless it keeps its content. */
  readonly begin: Effect.Effect<void, string> = this.inTurn(Effect.asVoid(this.opened))

  /** Writes some of the bytes at the end of the file, and returns their number. */
  write(pieces: Pieces): Effect.Effect<number, string> {
    return this.inTurn(
      Effect.flatMap(this.opened, ({ fd }) =>
        Effect.flatMap(
          call<number>((done) => fs.writev(fd, [...pieces], null, (error, written) => done(error, written))),
          (written) => {
            this.size += written
            // A write of 0 bytes reports no reason.
            return written === 0 ? Effect.fail("EIO") : Effect.succeed(written)
          },
        ),
      ),
    )
  }

  /** Closes the file until the next write. */
  readonly close: Effect.Effect<void> = this.inTurn(
    Effect.suspend(() => {
      const { target } = this
      this.target = undefined
      return target === undefined
        ? Effect.void
        : Effect.ignore(call<void>((done) => fs.close(target.fd, (error) => done(error))))
    }),
  )

  /** Opens an open file again by its path, and creates it if another program has renamed it. */
  readonly reopen: Effect.Effect<void, string> = this.inTurn(
    Effect.suspend(() => (this.target === undefined ? Effect.void : this.replace(this.path, this.target.mode))),
  )

  /** Renames the file to `FILE.1` and each `FILE.1` to `FILE.2` and so on, up to `keep`. Then begins a new file. */
  rotate(keep: number): Effect.Effect<void, string> {
    return this.inTurn(
      Effect.gen(this, function* () {
        const { mode } = yield* this.opened
        // The folder of a link has no old files. The folder of its target has them.
        const path = yield* call<string>((done) => fs.realpath(this.path, done))
        for (let age = keep - 1; age > 0; age--) {
          yield* Effect.catchIf(rename(`${path}.${age}`, `${path}.${age + 1}`), isMissing, () => Effect.void)
        }
        yield* rename(path, `${path}.1`)
        yield* this.replace(path, mode)
      }),
    )
  }

  /** Removes everything after the first `length` bytes, unless another program has written to the file. */
  cut(length: number): Effect.Effect<void, string> {
    return this.inTurn(
      Effect.gen(this, function* () {
        const { target } = this
        if (target === undefined || !target.isRegular || length >= this.size) return
        const stat = yield* call<fs.Stats>((done) => fs.fstat(target.fd, done))
        if (stat.size !== this.size) return
        yield* truncate(target.fd, length)
        this.size = length
      }),
    )
  }

  private inTurn<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.turns.withPermits(1)(effect)
  }

  private replace(path: string, mode: number): Effect.Effect<void, string> {
    return Effect.map(openTarget(path, mode), (opened) => {
      if (this.target !== undefined) close(this.target.fd)
      this.target = opened
      this.size = opened.size
      this.generation++
    })
  }
}
