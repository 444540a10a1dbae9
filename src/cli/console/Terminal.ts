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

/** Escape sequences that a program writes when it takes the terminal, and when it gives the terminal back. */
export interface TerminalModes {
  readonly enter: string
  readonly leave: string
}

/** The terminal of the process, in raw mode. */
export interface Terminal {
  readonly size: () => TerminalSize
  /** Decodes bytes of standard input as keys. */
  readonly feed: (bytes: Uint8Array) => void
  /** Restores the modes, and stops the process (SIGTSTP). When the process continues, it sets the modes again. */
  readonly suspend: () => void
}

/** The callbacks of a terminal to its console. */
export interface TerminalListener {
  readonly onKey: (key: Key) => void
  readonly onResize: () => void
  /** The process continues after a stop. Other programs may have written to the terminal. */
  readonly onContinue: () => void
}

const input = 0
const output = 1
/** Bracketed paste: the terminal marks pasted text. */
const bracketedPaste: TerminalModes = { enter: "\u001b[?2004h", leave: "\u001b[?2004l" }
/** The alternate screen without a cursor. The text that was on the terminal comes back at the end. */
export const fullScreen: TerminalModes = {
  enter: "\u001b[?1049h\u001b[?25l\u001b[2J",
  leave: "\u001b[?25h\u001b[?1049l",
}
// In milliseconds. If the process has run for this time after the signal, the kernel has ignored the stop.
const ignoredMillis = 100
// The size of a terminal that does not report its size.
const unknownSize: TerminalSize = { columns: 80, rows: 24 }

/** Takes the terminal until the scope closes. Standard input and output must be terminals. */
export const takeTerminal = (
  listener: TerminalListener,
  modes: TerminalModes = bracketedPaste,
): Effect.Effect<Terminal, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => take(listener, modes)),
      ({ release }) => Effect.sync(release),
    ),
    ({ terminal }) => terminal,
  )

const take = (listener: TerminalListener, modes: TerminalModes) => {
  // libuv opens the terminal again, so this handle has its own file description. Nothing reads from it.
  const raw = new tty.ReadStream(input)
  // A terminal that has hung up reports EIO here. The end of its input ends the console.
  raw.on("error", () => {})
  const keys = new Readable({ read: () => {} })
  emitKeypressEvents(keys)
  keys.on("keypress", (_text: string | undefined, key: Key) => listener.onKey(key))

  const enter = () => {
    raw.setRawMode(true)
    writeMode(modes.enter)
  }
  const leave = () => {
    writeMode(modes.leave)
    raw.setRawMode(false)
  }
  let ignored: NodeJS.Timeout | undefined
  const onContinue = () => {
    clearTimeout(ignored)
    enter()
    listener.onContinue()
  }
  // A crash must not leave the modes switched on. Node restores the other attributes of the terminal at exit.
  const onExit = () => writeMode(modes.leave)
  process.on("SIGWINCH", listener.onResize)
  process.on("SIGCONT", onContinue)
  process.on("exit", onExit)
  enter()

  const terminal: Terminal = {
    size: sizeOf,
    feed: (bytes) => void keys.emit("data", Buffer.from(bytes)),
    suspend: () => {
      leave()
      // The signal stops the whole process group, as Ctrl-Z does: the shell waits for a parent process such as npx.
      process.kill(0, "SIGTSTP")
      // The kernel ignores the stop of an orphaned process group (setpgid(2)), and no SIGCONT follows. The first timer is
      // also due after a stop, before Node handles the SIGCONT. So a second timer leaves time for the signal: otherwise
      // the console would continue twice, and paint its footer twice.
      ignored = setTimeout(() => {
        ignored = setTimeout(onContinue, ignoredMillis)
      }, ignoredMillis)
    },
  }
  const release = () => {
    process.off("SIGWINCH", listener.onResize)
    process.off("SIGCONT", onContinue)
    process.off("exit", onExit)
    clearTimeout(ignored)
    leave()
    raw.destroy()
  }
  return { terminal, release }
}

/** The current size of the terminal. A `WriteStream` reads the size only when it is made. */
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
 * Writes a mode without blocking, through its own file description. A blocking write to a stopped terminal would keep
 * the process from ending. A stopped terminal keeps its mode.
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
      // One or both paths may not exist. EAGAIN (the terminal is stopped) and EIO (it has hung up) cannot be reported
      // to the user.
    }
  }
}
