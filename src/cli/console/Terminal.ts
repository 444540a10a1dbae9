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
  const onContinue = () => {
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
      process.kill(process.pid, "SIGTSTP")
    },
  }
  const release = () => {
    process.off("SIGWINCH", listener.onResize)
    process.off("SIGCONT", onContinue)
    process.off("exit", onExit)
    leave()
    modes.destroy()
  }
  return { terminal, release }
}

/** The present size of the terminal. A `WriteStream` knows the size at its creation only. */
const sizeOf = (): TerminalSize => {
  try {
    const window = new tty.WriteStream(output)
    const [columns, rows] = window.getWindowSize()
    window.destroy()
    return columns > 0 && rows > 0 ? { columns, rows } : unknownSize
  } catch {
    return unknownSize
  }
}

/** Writes a mode at once. A terminal that is gone or takes nothing keeps its mode. */
const writeMode = (mode: string): void => {
  try {
    fs.writeSync(output, mode)
  } catch {
    // EAGAIN or EIO: there is nobody to be told.
  }
}
