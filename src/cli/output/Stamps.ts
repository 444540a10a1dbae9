import { formatDate, formatIso, formatTime } from "./format.ts"

/** The values of `--timestamps`. */
export const timestampModes = ["time", "iso", "none"] as const
/**
 * The start of each text row: the local time of day (`time`), the date, time and offset from UTC of ISO 8601 (`iso`),
 * or nothing (`none`).
 */
export type TimestampMode = (typeof timestampModes)[number]

type Target = "out" | "err"

const stampOf = {
  time: (at: number) => `${formatTime(at)} `,
  iso: (at: number) => `${formatIso(at)} `,
  none: () => "",
}

const minuteMillis = 60_000

/** Formats the times of the rows of one command. */
export class Stamps {
  private readonly mode: TimestampMode
  private readonly together: boolean
  private last = { at: Number.NaN, text: "" }
  private day = { minute: Number.NaN, date: "" }
  private readonly told: Record<Target, string | undefined> = { out: undefined, err: undefined }

  /**
   * `together`: standard output and standard error are the same file or terminal, so one line with the date serves
   * both.
   */
  constructor(mode: TimestampMode, together: boolean) {
    this.mode = mode
    this.together = together
  }

  /** The start of a row: the time and a blank, or nothing. */
  of(at: number): string {
    // Under load, dozens of events have the same time.
    if (at !== this.last.at) this.last = { at, text: stampOf[this.mode](at) }
    return this.last.text
  }

  /**
   * The date for a separate line before a row. Undefined unless rows have only the time of day and the date differs
   * from the date of the previous row on the same output. The first row of the command has no such line.
   */
  newDate(at: number, to: Target): string | undefined {
    if (this.mode !== "time") return undefined
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
