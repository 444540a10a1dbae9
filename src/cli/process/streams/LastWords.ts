import type { Output } from "./Output.ts"

// The shortest deadline, in milliseconds. A working reader reads something within this time.
const shortestDeadline = 500
const defaultDeadline = 5_000
// The time between two checks of the readers' progress, in milliseconds.
const lookInterval = 50

/**
 * Delivers the last output of the process. Waits while the readers of the output make progress. If they read nothing
 * until the deadline, drops the rest. Progress starts the deadline again.
 */
export class LastWords {
  private readonly outputs: ReadonlyArray<Output>
  private deadline = defaultDeadline
  private since: number | undefined
  private handedOver = -1

  constructor(outputs: ReadonlyArray<Output>) {
    this.outputs = outputs
  }

  /** Starts the deadline, because the process is about to end. Only the first call has an effect. */
  begin(deadlineMillis: number): void {
    if (this.since !== undefined) return
    this.deadline = Math.max(shortestDeadline, deadlineMillis)
    this.look()
  }

  /** The time until the outputs are dropped if their readers read nothing more, in milliseconds. */
  patience(): number {
    this.begin(defaultDeadline)
    this.look()
    return Math.max(0, (this.since ?? 0) + this.deadline - performance.now())
  }

  /** Drops all queued bytes. Later writes are counted as lost. */
  giveUp(): void {
    for (const output of this.outputs) if (this.isUndelivered(output)) output.discard()
  }

  /** Starts the deadline again, because the process has not been ready to end until now. */
  restart(): void {
    if (this.since !== undefined) this.since = performance.now()
  }

  /** Starts a deadline of half a second for a message about dropped output. */
  beginAgain(): void {
    this.deadline = shortestDeadline
    this.since = performance.now()
  }

  /** Calls `done` when everything is delivered or dropped, with the number of dropped bytes of standard output. */
  deliver(done: (lost: number) => void): void {
    const [out] = this.outputs
    const look = () => {
      const patience = this.patience()
      if (patience === 0) this.giveUp()
      if (!this.outputs.some((output) => this.isUndelivered(output))) return finish()
      timer = setTimeout(look, Math.min(patience, lookInterval))
    }
    const stops = this.outputs.map((output) =>
      output.onChange(() => {
        if (!this.outputs.some((one) => this.isUndelivered(one))) finish()
      }),
    )
    let timer: NodeJS.Timeout | undefined
    let finished = false
    const finish = () => {
      if (finished) return
      finished = true
      clearTimeout(timer)
      for (const stop of stops) stop()
      done(out?.lost ?? 0)
    }
    look()
  }

  private isUndelivered(output: Output): boolean {
    return output.failure === undefined && output.pending() > 0
  }

  private look(): void {
    let handedOver = 0
    for (const output of this.outputs) handedOver += output.handedOver()
    if (handedOver === this.handedOver && this.since !== undefined) return
    this.handedOver = handedOver
    this.since = performance.now()
  }
}
