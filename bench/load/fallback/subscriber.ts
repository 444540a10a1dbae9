import { Checker, type CheckerOptions } from "./checker.ts"
import type { Connection } from "./connection.ts"
import { now, type Window } from "./timing.ts"

/** Reads and checks what one connection gets, and how it gets along within the window. */
export class Subscriber {
  readonly checker: Checker
  readonly connection: Connection
  /** Time of the read that is checked now. */
  readAt = 0
  inWindow = 0
  private stall = 0
  private lastReceived = 0
  private readonly window: Window

  constructor(connection: Connection, window: Window, options: CheckerOptions) {
    this.connection = connection
    this.window = window
    this.checker = new Checker({ ...options, onPing: () => connection.write("PONG\r\n") })
    connection.onBytes = (bytes, length) => this.read(bytes, length)
  }

  /** The longest time in the window in which nothing came. */
  get longestStall(): number {
    const { beginning, ending } = this.window
    return Math.max(this.stall, ending - Math.max(this.lastReceived, beginning))
  }

  private read(bytes: Buffer, length: number): void {
    this.readAt = now()
    this.window.worked()
    const before = this.checker.counts.received
    this.checker.feed(bytes, length)
    if (!this.window.contains(this.readAt)) return
    this.stall = Math.max(this.stall, this.readAt - Math.max(this.lastReceived, this.window.beginning))
    this.lastReceived = this.readAt
    this.inWindow += this.checker.counts.received - before
  }
}
