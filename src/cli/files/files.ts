import * as fs from "node:fs"
// biome-ignore lint/style/noRestrictedImports: only its reader of named pipes is used, which waits without a thread
import * as net from "node:net"
import * as Effect from "effect/Effect"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { type Descriptor, inspect } from "../process/streams/descriptor.ts"
import { warn } from "../process/tell.ts"

// Files that flags name. Opening, reading or writing a file may take forever: a named pipe has no writer, or a file
// server is down. Therefore nothing here blocks the event loop, and each step can be interrupted. A descriptor that
// arrives after an interruption is closed.

// The largest file that is read, in bytes. A list of 50 000 addresses has about 1 MiB.
const maxBytes = 256 * 1024 * 1024
const chunkBytes = 1024 * 1024

// After this time without an answer, a message on standard error names the file.
const noticeAfter = "2 seconds"

const problems: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of the path is not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ELOOP: "it is a link, or its links form a loop",
  ENXIO: "it is a socket, a missing device, or a pipe without a reader",
  EIO: "the device or the file server failed (EIO)",
  EAGAIN: "it is a terminal or a device; give a file or a pipe",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file has reached its largest allowed size (ulimit -f)",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the path is too long",
}

/** The reason for a system error code of a file, in words if the code is known. */
export const fileProblem = (code: string): string => problems[code] ?? `the system says ${code}`

/** The reason why a file cannot be written. */
export const writeProblem = (code: string): string =>
  code === "ENOENT" ? "its folder does not exist" : fileProblem(code)

type Done<A> = (error: NodeJS.ErrnoException | null, value: A) => void

/** A call of node:fs as an effect that fails with the system's code. `undo` releases a value that arrives too late. */
export const call = <A>(run: (done: Done<A>) => void, undo: (value: A) => void = () => {}): Effect.Effect<A, string> =>
  Effect.async((resume) => {
    let isOver = false
    run((error, value) => {
      if (isOver) {
        if (error === null) undo(value)
      } else resume(error === null ? Effect.succeed(value) : Effect.fail(error.code ?? error.message))
    })
    return Effect.sync(() => {
      isOver = true
    })
  })

/** Closes a descriptor without waiting. */
export const close = (fd: number): void => fs.close(fd, () => {})

/** Opens a file. After an interruption, a late descriptor is closed. Fails with the system's code. */
export const open = (path: string, flags: number, mode?: number) =>
  call<number>((done) => fs.open(path, flags, mode, done), close)

const { O_NONBLOCK, O_RDONLY } = fs.constants

const tooLarge = "EFBIG"

/**
 * Reads the rest of a file in pieces, so that an interruption takes effect between two pieces. `expected` is the size
 * that the system reports, in bytes. One buffer receives all pieces: joining the pieces of a list with a million
 * addresses would block the event loop for more than 50 ms.
 */
export const readRest = (fd: number, expected: number = chunkBytes) =>
  Effect.gen(function* () {
    if (expected > maxBytes) return yield* Effect.fail(tooLarge)
    // The buffer is one byte longer than the file, so that the read at the end of the file needs no larger buffer.
    let content = Buffer.allocUnsafeSlow(expected + 1)
    for (let bytes = 0; ; ) {
      // The file has grown, or the system does not report its size (/proc).
      if (bytes === content.length) content = Buffer.concat([content], bytes + Math.max(bytes, chunkBytes))
      const room = Math.min(chunkBytes, content.length - bytes)
      const length = yield* call<number>((done) => fs.read(fd, content, bytes, room, null, done))
      if (length === 0) return content.subarray(0, bytes)
      bytes += length
      if (bytes > maxBytes) return yield* Effect.fail(tooLarge)
    }
  })

/** Reads a pipe until all its writers have closed it. The socket owns the descriptor. */
const readPipe = (fd: number) =>
  Effect.async<Buffer, string>((resume) => {
    const socket = new net.Socket({ fd, readable: true, writable: false })
    const chunks: Array<Buffer> = []
    let bytes = 0
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > maxBytes) socket.destroy(Object.assign(new Error(tooLarge), { code: tooLarge }))
    })
    socket.on("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
    socket.on("error", (error: NodeJS.ErrnoException) => resume(Effect.fail(error.code ?? error.message)))
    return Effect.sync(() => void socket.destroy())
  })

const closedAfter = <A>(fd: number, effect: Effect.Effect<A, string>): Effect.Effect<A, string> =>
  Effect.ensuring(
    effect,
    Effect.sync(() => close(fd)),
  )

/** Whether this process has another descriptor of the same pipe, as Node has of its own pipes. */
const hasBothEnds = ({ fd, identity }: Descriptor): Effect.Effect<boolean, string> =>
  Effect.map(
    Effect.orElseSucceed(
      call<Array<string>>((done) => fs.readdir("/proc/self/fd", done)),
      (): Array<string> => [],
    ),
    (names) => names.some((name) => Number(name) !== fd && inspect(Number(name)).identity === identity),
  )

/** Reads an inherited descriptor to its end, and closes it. Refuses the descriptors that Node uses itself. */
const readInherited = (fd: number): Effect.Effect<Buffer, string> =>
  Effect.gen(function* () {
    yield* call<fs.Stats>((done) => fs.fstat(fd, done))
    const descriptor = inspect(fd)
    const { kind, readable } = descriptor
    if (!readable) return yield* Effect.fail("EBADF")
    if (kind === "file") return yield* closedAfter(fd, readRest(fd))
    if (kind !== "pipe" && kind !== "socket") return yield* Effect.fail("EBADF")
    return (yield* hasBothEnds(descriptor)) ? yield* Effect.fail("EBADF") : yield* readPipe(fd)
  })

const readAll = (path: string): Effect.Effect<Buffer, string> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      // With O_NONBLOCK, a named pipe without a writer opens at once, and becomes readable when a writer opens it.
      const fd = yield* restore(open(path, O_RDONLY | O_NONBLOCK))
      const stat = yield* Effect.onError(restore(call<fs.Stats>((done) => fs.fstat(fd, done))), () =>
        Effect.sync(() => close(fd)),
      )
      if (stat.isFIFO()) return yield* restore(readPipe(fd))
      return yield* Effect.ensuring(
        restore(stat.isDirectory() ? Effect.fail("EISDIR") : readRest(fd, stat.size)),
        Effect.sync(() => close(fd)),
      )
    }),
  )

/** Runs an effect, and names its file on standard error if the file does not answer. */
export const saying = <A, E>(flag: string, path: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E, Stdio> => {
  const notice = warn(`--${flag}: waiting for ${path}, which does not answer`)
  return Effect.raceFirst(effect, Effect.zipRight(Effect.delay(notice, noticeAfter), Effect.never))
}

/** The error of a file that cannot be read or written, with the flag that names it and the reason. */
export const failed = (flag: string, path: string, verb: "read" | "written", code: string): CommandFailed =>
  usageError(
    code === tooLarge
      ? `--${flag}: ${path} is above ${maxBytes / 1024 ** 2} MiB`
      : `--${flag}: ${path} cannot be ${verb}: ${verb === "written" ? writeProblem(code) : fileProblem(code)}`,
  )

/** Reads an inherited descriptor that a flag names, to its end. Afterwards it is closed. */
export const readDescriptor = (flag: string, fd: number): Effect.Effect<Uint8Array, CommandFailed, Stdio> =>
  Effect.mapError(saying(flag, `descriptor ${fd}`, readInherited(fd)), (code) =>
    code === "EBADF"
      ? usageError(`--${flag}: descriptor ${fd} is not open for reading; open it in the shell: ${fd}<FILE`)
      : failed(flag, `descriptor ${fd}`, "read", code),
  )

/** Reads a file that a flag names. A pipe is read to its end. */
export const readBytes = (flag: string, path: string): Effect.Effect<Uint8Array, CommandFailed, Stdio> =>
  Effect.mapError(saying(flag, path, readAll(path)), (code) => failed(flag, path, "read", code))
