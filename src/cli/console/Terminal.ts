import * as fs from "node:fs"
import { emitKeypressEvents } from "node:readline"
import { Readable } from "node:stream"
import * as tty from "node:tty"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Key } from "./LineEditor.ts"

/** The size of a terminal, characters. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** The terminal of the process while the console has it: raw mode, bracketed paste, keys and size. */
export interface Terminal {
  readonly size: () => TerminalSize
  /** Gives bytes of standard input, which become keys. */
  readonly feed: (bytes: Uint8Array) => void
  /** Gives the terminal back, stops the process (SIGTSTP), and takes the terminal again when the process continues. */
  readonly suspend: () => void
}

/** What a console is told of its terminal. */
export interface TerminalListener {
  readonly onKey: (key: Key) => void
  readonly onResize: () => void
  /** The process continues after a stop: what the terminal shows is unknown. */
  readonly onContinue: () => void
}

const input = 0
const output = 1
const pasteOn = "\u001b[?2004h"
const pasteOff = "\u001b[?2004l"
// A stop acts within this time, milliseconds.
const ignoredMillis = 100
// A terminal that does not tell its size.
const unknownSize: TerminalSize = { columns: 80, rows: 24 }

/** Takes the terminal until the scope closes. Standard input and output must be terminals. */
export const takeTerminal = (listener: TerminalListener): Effect.Effect<Terminal, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => take(listener)),
      ({ release }) => Effect.sync(release),
    ),
    ({ terminal }) => terminal,
  )

const take = (listener: TerminalListener) => {
  // The handle has a description of its own (libuv opens the terminal anew), and nothing reads it.
  const modes = new tty.ReadStream(input)
  // A terminal that is gone (EIO) ends the console by the end of its input.
  modes.on("error", () => {})
  const keys = new Readable({ read: () => {} })
  emitKeypressEvents(keys)
  keys.on("keypress", (_text: string | undefined, key: Key) => listener.onKey(key))

  const enter = () => {
    modes.setRawMode(true)
    writeMode(pasteOn)
  }
  const leave = () => {
    writeMode(pasteOff)
    modes.setRawMode(false)
  }
  let ignored: NodeJS.Timeout | undefined
  const onContinue = () => {
    clearTimeout(ignored)
    enter()
    listener.onContinue()
  }
  // A crash must not leave the terminal in the mode of pastes. Node itself restores the attributes at its exit.
  const onExit = () => writeMode(pasteOff)
  process.on("SIGWINCH", listener.onResize)
  process.on("SIGCONT", onContinue)
  process.on("exit", onExit)
  enter()

  const terminal: Terminal = {
    size: sizeOf,
    feed: (bytes) => void keys.emit("data", Buffer.from(bytes)),
    suspend: () => {
      leave()
      // The whole group stops, as by a key of the terminal: the shell waits for a parent such as npx.
      process.kill(0, "SIGTSTP")
      // The kernel does not stop a group that no shell can continue (setpgid(2)), and then sends no SIGCONT either.
      ignored = setTimeout(onContinue, ignoredMillis)
    },
  }
  const release = () => {
    process.off("SIGWINCH", listener.onResize)
    process.off("SIGCONT", onContinue)
    process.off("exit", onExit)
    clearTimeout(ignored)
    leave()
    modes.destroy()
  }
  return { terminal, release }
}

/** The present size of the terminal. A `WriteStream` knows the size at its creation only. */
const sizeOf = (): TerminalSize => {
  try {
    const window = new tty.WriteStream(output)
    window.on("error", () => {})
    const [columns, rows] = window.getWindowSize()
    window.destroy()
    return columns > 0 && rows > 0 ? { columns, rows } : unknownSize
  } catch {
    return unknownSize
  }
}

/**
 * Writes a mode at once, through a description of its own: a write that waits for a terminal that takes nothing would keep
 * the process from ending. Such a terminal, and one that is gone, keeps its mode.
 */
const writeMode = (mode: string): void => {
  for (const path of [`/proc/self/fd/${output}`, "/dev/tty"]) {
    try {
      const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = fs.constants
      const terminal = fs.openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
      try {
        fs.writeSync(terminal, mode)
      } finally {
        fs.closeSync(terminal)
      }
      return
    } catch {
      // Neither path need exist. After EAGAIN or EIO, nobody is there to be told.
    }
  }
}
