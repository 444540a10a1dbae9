import type { Key } from "../console/LineEditor.ts"
import type { Connections, Summary } from "../control/answers.ts"
import { mostRows } from "../control/bounds.ts"
import { orderOf, type SortName, sortNames } from "./sorts.ts"

/** The number of clients that match the filter, with those of other servers. */
export const matchingOf = (clients: Connections | undefined): number =>
  (clients?.matching ?? 0) + (clients?.remoteMatching ?? 0)

/** The action that a key requests. */
export type TopReply = "leave" | "suspend" | "redraw" | "ask" | "none"

// The longest filter, which fits into a line of the control socket.
const longestFilter = 256

const sortKeys: Readonly<Record<string, SortName>> = {
  r: "rate",
  i: "in",
  o: "out",
  p: "pending",
  a: "age",
  n: "name",
}

/** What `tcpfx top` shows: the order, the filter, the first row, and the answers of the server. It has no terminal. */
export class TopView {
  sort: SortName
  filter: string
  /** The index of the first shown client. */
  from = 0
  isPaused = false
  /** The filter that the user is typing. `undefined`: no filter is being typed. */
  typed: string | undefined
  summary: Summary | undefined
  clients: Connections | undefined
  /** Why the server has refused the filter. */
  problem: string | undefined
  /** The number of rows for clients. */
  private rows = 1

  constructor(sort: SortName, filter: string) {
    this.sort = sort
    this.filter = filter
  }

  /** Sets the number of rows for clients. */
  resize(rows: number): void {
    this.rows = Math.max(1, rows)
  }

  /** The question for the shown rows. */
  get question(): string {
    return `connections sort=${orderOf[this.sort]} from=${this.from} count=${Math.min(this.rows, mostRows)} ${this.filter}`.trimEnd()
  }

  /**
   * Takes the answers of the server. Returns whether they have the right rows: after a scroll beyond the last client,
   * or after clients have left, the first row moves, and the server must be asked again.
   */
  take(summary: Summary, clients: Connections): boolean {
    this.summary = summary
    this.clients = clients
    const from = this.from
    this.from = Math.min(from, this.lastFrom)
    return this.from === from
  }

  press(key: Key): TopReply {
    if (key.ctrl === true && key.name === "c") return "leave"
    if (key.ctrl === true && key.name === "z") return "suspend"
    if (key.ctrl === true && key.name === "l") return "redraw"
    return this.typed === undefined ? this.command(key) : this.type(this.typed, key)
  }

  private get lastFrom(): number {
    return Math.max(0, matchingOf(this.clients) - this.rows)
  }

  private command({ name, sequence }: Key): TopReply {
    const sort = sortKeys[sequence]
    if (sort !== undefined) return this.show({ sort })
    switch (sequence) {
      case "q":
        return "leave"
      case "/":
        this.typed = this.filter
        return "redraw"
      case " ":
        this.isPaused = !this.isPaused
        return this.isPaused ? "redraw" : "ask"
      case "<":
      case ">": {
        const step = sequence === ">" ? 1 : sortNames.length - 1
        return this.show({ sort: sortNames[(sortNames.indexOf(this.sort) + step) % sortNames.length] ?? "rate" })
      }
      default:
        return this.scroll(name)
    }
  }

  private scroll(name: string | undefined): TopReply {
    const steps: Readonly<Record<string, number>> = {
      up: -1,
      down: 1,
      pageup: -this.rows,
      pagedown: this.rows,
      home: Number.NEGATIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
    }
    const step = steps[name ?? ""]
    if (step === undefined) return name === "escape" && this.filter !== "" ? this.show({ filter: "" }) : "none"
    this.from = Math.max(0, Math.min(this.from + step, this.lastFrom))
    return "ask"
  }

  private type(typed: string, { ctrl, meta, name, sequence }: Key): TopReply {
    if (name === "return" || name === "enter") {
      this.typed = undefined
      return this.show({ filter: typed.trim() })
    }
    if (name === "escape") this.typed = undefined
    else if (name === "backspace") this.typed = [...typed].slice(0, -1).join("")
    else if (ctrl === true && name === "u") this.typed = ""
    else if (ctrl !== true && meta !== true && /^\P{C}+$/u.test(sequence) && typed.length < longestFilter) {
      this.typed = typed + sequence
    } else return "none"
    return "redraw"
  }

  private show(change: { readonly sort?: SortName; readonly filter?: string }): TopReply {
    this.sort = change.sort ?? this.sort
    this.filter = change.filter ?? this.filter
    this.from = 0
    this.problem = undefined
    return "ask"
  }
}
