import * as Effect from "effect/Effect"
import { counted } from "../../domain/counted.ts"
import { formatBytes } from "../../domain/index.ts"
import { writeProblem } from "../files/files.ts"
import type { LogFile } from "./LogFile.ts"

/**
 * Tells the user once that files cannot be written, or are written too slowly, and counts the missing bytes or events.
 */
export class LossReport {
  private readonly flag: string
  private readonly name: string
  private readonly unit: "byte" | "event"
  private readonly say: (text: string) => void
  private readonly failing = new Set<string>()
  private lost = 0
  private lostBefore = 0
  private isSlownessTold = false

  /** `flag` and `name` are the flag of the files and its value. */
  constructor(flag: string, name: string, unit: "byte" | "event", say: (text: string) => void) {
    this.flag = flag
    this.name = name
    this.unit = unit
    this.say = say
  }

  /** A write to a file has failed with a code of the system. */
  failed(path: string, code: string): void {
    if (this.failing.size === 0) {
      this.lostBefore = this.lost
      this.say(`--${this.flag}: ${path} cannot be written: ${writeProblem(code)}; tcpfx tries again every second`)
    }
    this.failing.add(path)
  }

  /** A write to a file has succeeded. */
  succeeded(path: string): void {
    if (!this.failing.delete(path) || this.failing.size > 0) return
    const lost = this.lost - this.lostBefore
    const missing = lost === 0 ? "nothing is missing" : `${this.amount(lost)} missing`
    // The number of missing events is known only when the log reaches the gap in the stream of events.
    this.say(`--${this.flag}: ${path} is written again${this.unit === "byte" ? `; ${missing}` : ""}`)
  }

  /**
   * The log has reached a gap in the stream of events: events were dropped, because `most` bytes were already waiting.
   */
  missed(count: number, most: number): void {
    this.lost += count
    if (this.isSlownessTold) return
    this.isSlownessTold = true
    const amount = this.amount(count)
    this.say(
      `--${this.flag}: ${amount} missing in ${this.name}, because they did not fit into ${formatBytes(most)} of memory ` +
        "while it could not be written; the total is reported at the end",
    )
  }

  /** Bytes were left out, because `most` bytes were already waiting. */
  left(count: number, most: number): void {
    this.lost += count
    if (this.isSlownessTold || this.failing.size > 0) return
    this.isSlownessTold = true
    this.say(
      `--${this.flag}: ${this.name} is written more slowly than data arrives; ` +
        `data that does not fit into ${formatBytes(most)} of memory is left out, and its amount is reported at the end`,
    )
  }

  /** The log continues in the same file, because it could not be renamed. */
  notRotated(path: string, code: string): void {
    this.say(`--${this.flag}: ${path} cannot be renamed, so the log continues in it: ${writeProblem(code)}`)
  }

  /** The file could not be opened again. */
  notReopened(path: string, code: string): void {
    this.say(`--${this.flag}: ${path} cannot be opened again, so the old file stays in use: ${writeProblem(code)}`)
  }

  /** Bytes or events are lost at the end of the command. */
  abandoned(count: number): void {
    this.lost += count
  }

  /** Tells the user how much is missing. Returns `true` if nothing is missing. */
  end(): boolean {
    if (this.lost === 0) return true
    this.say(`--${this.flag}: ${this.amount(this.lost)} missing in ${this.name}`)
    return false
  }

  private amount(count: number): string {
    return `${counted(count, this.unit)} ${count === 1 ? "is" : "are"}`
  }
}

/** Opens a file again, and reports a failure. */
export const reopen = (file: LogFile, report: LossReport): Effect.Effect<void> =>
  Effect.catchAll(file.reopen, (code) => Effect.sync(() => report.notReopened(file.path, code)))
