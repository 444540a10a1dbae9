import { formatDate, formatIso, formatTime } from "./format.ts"

/** What `--timestamps` takes. */
export const timestampModes = ["time", "iso", "none"] as const
/**
 * What a row begins with: the local time of day; the date, the time and the offset from UTC, in the form of ISO 8601; or
 * nothing.
 */
export type TimestampMode = (typeof timestampModes)[number]

type Target = "out" | "err"

const stampOf = {
  time: (at: number) => `${formatTime(at)} `,
  iso: (at: number) => `${formatIso(at)} `,
  none: () => "",
}

const minuteMillis = 60_000

/** The times of the rows of one command. */
export class Stamps {
  private readonly mode: TimestampMode
  private readonly together: boolean
  private last = { at: Number.NaN, text: "" }
  private day = { minute: Number.NaN, date: "" }
  private readonly told: Record<Target, string | undefined> = { out: undefined, err: undefined }

  /** `together`: standard output and standard error lead to the same place, so one line tells the date for both. */
  constructor(mode: TimestampMode, together: boolean) {
    this.mode = mode
    this.together = together
  }

  /** What a row begins with: its time and a blank, or nothing. */
  of(at: number): string {
    // Under load dozens of events have the same time.
    if (at !== this.last.at) this.last = { at, text: stampOf[this.mode](at) }
    return this.last.text
  }

  /**
   * The date, if a row with this time needs a line before it that tells the date: the row has only the time of day, and
   * another date than the row before it on its output (or than the very first row).
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
    // A date never changes within a minute, as offsets from UTC are whole minutes.
    const minute = Math.floor(at / minuteMillis)
    if (minute !== this.day.minute) this.day = { minute, date: formatDate(at) }
    return this.day.date
  }
}
