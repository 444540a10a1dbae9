import type { Counts } from "./checker.ts"

/** Of what was expected and has not come, as much as can be said of it. */
export class Absent {
  /** Something later of the same publisher has come. */
  lost = 0
  /** Nothing behind it has come either: it may be lost, or the server may be slow. */
  undelivered = 0
  /** What those subscribers did not get whose connections the server closed. */
  missedByDisconnected = 0

  add({ received, missing }: Counts, expected: number, isOpen: boolean): void {
    const absent = expected - received
    if (!isOpen) {
      this.missedByDisconnected += absent
      return
    }
    this.lost += missing
    this.undelivered += absent - missing
  }
}
