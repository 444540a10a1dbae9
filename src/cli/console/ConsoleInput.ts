import { type Completion, complete, type Known } from "./complete.ts"
import type { History } from "./History.ts"
import { emptyLine, type Key, type Line, mostPasted, press, submitted } from "./LineEditor.ts"

// A second Ctrl-C within this time, in milliseconds, leaves the console.
const leaveMillis = 2000

/** The actions that an input line starts. */
export interface InputActions {
  readonly print: (text: string) => void
  readonly submit: (line: string) => void
  /** Sends each line as one payload. */
  readonly submitEach: (lines: ReadonlyArray<string>) => void
  readonly leave: () => void
  /** Called for Ctrl-D in an empty line. */
  readonly end: () => void
  readonly suspend: () => void
  readonly redraw: () => void
  /** The names that Tab completes. */
  readonly known: () => Known
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
}

/** The input row. It shows the input line, or a question to the user. */
export class ConsoleInput {
  line: Line
  /** A text of several lines. The user decides whether to send it as lines, as one payload, or not at all. */
  private asked: string | undefined
  private interruptedAt = Number.NEGATIVE_INFINITY
  /** The candidates that a second Tab lists. */
  private candidates: Completion["candidates"] = []
  private readonly history: History
  private readonly actions: InputActions

  constructor(history: History, actions: InputActions) {
    this.history = history
    this.actions = actions
    this.line = emptyLine(history.lines)
  }

  /** The question to the user; `undefined` if there is none. */
  get question(): string | undefined {
    if (this.asked === undefined) return undefined
    return `send ${this.asked.split("\n").length} lines: Enter as lines, o as one, Esc not at all `
  }

  press(key: Key): void {
    if (this.asked !== undefined) {
      this.answer(this.asked, key)
      return
    }
    const { line, reply } = press(this.line, key)
    this.line = line
    if (reply !== "complete") this.candidates = []
    switch (reply) {
      case "submit":
        this.submit(line)
        break
      case "complete":
        this.complete()
        break
      case "interrupt":
        this.interrupt()
        break
      case "end":
        this.actions.end()
        break
      case "suspend":
        this.actions.suspend()
        break
      case "redraw":
        this.actions.redraw()
        break
      case "tooLong":
        this.actions.print(`a paste above ${mostPasted >> 10} KiB is not inserted; /file PATH sends a file`)
        break
      default:
        break
    }
  }

  private submit(line: Line): void {
    const isSeveral = line.text.trimEnd().includes("\n")
    if (isSeveral) {
      this.asked = line.text.replace(/\n$/, "")
      return
    }
    const text = line.text.replace(/\n+$/, "")
    this.keep(line)
    this.actions.submit(text)
  }

  private answer(text: string, key: Key): void {
    const isEnter = key.name === "return" || key.name === "enter"
    const isCancel = key.name === "escape" || (key.ctrl === true && key.name === "c")
    if (!isEnter && !isCancel && key.sequence !== "o") return
    this.asked = undefined
    if (isCancel) return
    this.keep(this.line)
    if (isEnter) this.actions.submitEach(text.split("\n"))
    else this.actions.submit(text.startsWith("/") ? `/${text}` : text)
  }

  private keep(line: Line): void {
    const next = submitted(line)
    if (next.history !== line.history) {
      const problem = this.history.add(line.text)
      if (problem !== undefined) this.actions.print(problem)
    }
    this.line = next
  }

  private complete(): void {
    if (this.candidates.length > 0) {
      this.actions.print(this.candidates.join("  "))
      return
    }
    const { candidates, place } = complete(this.line, this.actions.known())
    this.candidates = candidates
    if (place.text !== this.line.text) this.line = { ...this.line, ...place, search: undefined, last: "other" }
  }

  private interrupt(): void {
    if (this.line.text !== "") {
      this.line = emptyLine(this.line.history)
      return
    }
    const now = this.actions.now()
    if (now - this.interruptedAt < leaveMillis) {
      this.actions.leave()
      return
    }
    this.interruptedAt = now
    this.actions.print("press Ctrl-C again to leave")
  }
}
