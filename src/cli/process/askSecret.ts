import * as fs from "node:fs"
import * as tty from "node:tty"
import * as Effect from "effect/Effect"
import { escapeControls } from "../../domain/index.ts"

// The controlling terminal, which is there even if standard input and output are pipes (tty(4)).
const terminal = "/dev/tty"

const ctrlC = "\x03"
const ctrlD = "\x04"
const ctrlU = "\x15"
const erase: ReadonlySet<string> = new Set(["\b", "\x7f"])
const enter: ReadonlySet<string> = new Set(["\r", "\n"])

/** The descriptor of the terminal. Undefined if the user cannot see a question. */
const openTerminal = (): number | undefined => {
  if (!tty.isatty(2)) return undefined
  try {
    return fs.openSync(terminal, fs.constants.O_RDWR | fs.constants.O_NOCTTY)
  } catch {
    return undefined
  }
}

const identityOf = (fd: number): string | undefined => {
  try {
    const { dev, ino } = fs.fstatSync(fd)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** Writes to the terminal. A terminal that has hung up refuses the write, and its input then ends too. */
const show = (fd: number, text: string): void => {
  try {
    fs.writeSync(fd, text)
  } catch {
    return
  }
}

/**
 * Asks for a secret on the terminal of the process, without echo. Undefined without a terminal, or if the user presses
 * Ctrl-D. Ctrl-C sends SIGINT to the process, whose handler interrupts the effect.
 */
export const askSecret = (question: string): Effect.Effect<string | undefined> =>
  Effect.async((resume) => {
    const fd = openTerminal()
    if (fd === undefined) return resume(Effect.succeed(undefined))
    const identity = identityOf(fd)
    const input = new tty.ReadStream(fd)
    let typed: Array<string> = []
    let isOver = false
    const stop = () => {
      isOver = true
      input.setRawMode(false)
      input.destroy()
      // libuv opens the terminal again where it can, and then closes only its own descriptor (uv_tty_init).
      if (identityOf(fd) === identity) fs.closeSync(fd)
    }
    const finish = (secret: string | undefined) => {
      if (isOver) return
      show(fd, "\n")
      stop()
      resume(Effect.succeed(secret))
    }
    const press = (key: string): boolean => {
      if (enter.has(key)) finish(typed.join(""))
      else if (key === ctrlD) finish(undefined)
      else if (key === ctrlC) process.kill(process.pid, "SIGINT")
      else if (key === ctrlU) typed = []
      else if (erase.has(key)) typed.pop()
      else if (key >= " ") typed.push(key)
      return enter.has(key) || key === ctrlD
    }
    input.setEncoding("utf8")
    input.setRawMode(true)
    input.on("data", (text) => {
      for (const key of String(text)) if (press(key)) return
    })
    input.on("error", () => finish(undefined))
    input.on("end", () => finish(undefined))
    show(fd, escapeControls(question))
    return Effect.sync(stop)
  })
