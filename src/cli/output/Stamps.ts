import { formatDate, formatIso, formatSpan, formatTime, type Precision } from "./format.ts"
import { type RowFrame, rowFrame } from "./rows.ts"

/** The values of `--timestamps`. */
export const timestampModes = ["time", "iso", "delta", "none"] as const
/**
 * The start of each text row: the local time of day (`time`), the date, time and offset from UTC of ISO 8601 (`iso`),
 * the time since the previous row (`delta`), or nothing (`none`).
 */
export type TimestampMode = (typeof timestampModes)[number]

/** The form of the times of rows. */
export interface StampForm {
  readonly mode: TimestampMode
  readonly precision: Precision
}

export type Target = "out" | "err"

const stampOf: Readonly<Record<TimestampMode, (at: number, precision: Precision, before: number) => string>> = {
  time: (at, precision) => `${formatTime(at, precision)} `,
  iso: (at, precision) => `${formatIso(at, precision)} `,
  delta: (at, precision, before) => `${formatSpan(at - before, precision)} `,
  none: () => "",
}

const minuteMillis = 60_000

/** Formats the times of the rows of one command. */
export class Stamps {
  /** Whether a time depends on the previous row, so that equal times of two rows differ as text. */
  readonly isRelative: boolean
  private readonly form: StampForm
  private readonly together: boolean
  private last = { at: Number.NaN, text: "" }
  private day = { minute: Number.NaN, date: "" }
  private readonly told: Record<Target, string | undefined> = { out: undefined, err: undefined }
  private readonly before: Record<Target, number | undefined> = { out: undefined, err: undefined }

  /**
   * `together`: standard output and standard error are the same file or terminal, so one line with the date serves
   * both, and a row on either of them is the previous row of the next one.
   */
  constructor(form: StampForm, together: boolean) {
    this.form = form
    this.together = together
    this.isRelative = form.mode === "delta"
  }

  /** The start of a row: the time and a blank, or nothing. */
  of(at: number, to: Target): string {
    const { mode, precision } = this.form
    if (this.isRelative) {
      const target = this.together ? "out" : to
      const before = this.before[target] ?? at
      this.before[target] = at
      return stampOf[mode](at, precision, before)
    }
    // Under load, dozens of events have the same time.
    if (at !== this.last.at) this.last = { at, text: stampOf[mode](at, precision, at) }
    return this.last.text
  }

  /** The bytes around the rows of a frame: the time, and `head` after it. */
  frame(at: number, head: string, style: (text: string) => string): RowFrame {
    const first = this.of(at, "out")
    // All rows of a frame have the same time, so the later rows show the difference 0.
    const later = this.isRelative ? rowFrame(`${this.of(at, "out")}${head}`, style) : undefined
    return rowFrame(`${first}${head}`, style, later)
  }

  /**
   * The date for a separate line before a row. Undefined unless rows have only the time of day and the date differs
   * from the date of the previous row on the same output. The first row of the command has no such line.
   */
  newDate(at: number, to: Target): string | undefined {
    if (this.form.mode !== "time") return undefined
    const date = this.dateOf(at)
    const target = this.together ? "out" : to
    const before = this.told[target]
    if (before === date) return undefined
    if (before === undefined) {
      this.told.out = date
      this.told.err = date
      return undefined
    }
    this.told[target] = date
    return date
  }

  private dateOf(at: number): string {
    // The date never changes within a minute, because offsets from UTC are whole minutes.
    const minute = Math.floor(at / minuteMillis)
    if (minute !== this.day.minute) this.day = { minute, date: formatDate(at) }
    return this.day.date
  }
}
