import type { Output } from "./Output.ts"

// A reader that is awake gets so long, however short the deadline, milliseconds.
const shortestDeadline = 500
const defaultDeadline = 5_000
// How often it is looked whether a reader takes something, milliseconds.
const lookInterval = 50

/**
 * The end of the process's output: everything is delivered as long as its readers take something, and given up when they
 * have taken nothing for the deadline.
 */
export class LastWords {
  private readonly outputs: ReadonlyArray<Output>
  private deadline = defaultDeadline
  private since: number | undefined
  private handedOver = -1

  constructor(outputs: ReadonlyArray<Output>) {
    this.outputs = outputs
  }

  /** The process is about to end: from now on the deadline counts. Only the first call does. */
  begin(deadlineMillis: number): void {
    if (this.since !== undefined) return
    this.deadline = Math.max(shortestDeadline, deadlineMillis)
    this.look()
  }

  /** Milliseconds until the outputs are given up if nothing more is taken. */
  patience(): number {
    this.begin(defaultDeadline)
    this.look()
    return Math.max(0, (this.since ?? 0) + this.deadline - performance.now())
  }

  /** Gives up what waits; what is written from now on is counted as lost. */
  giveUp(): void {
    for (const output of this.outputs) if (this.isUndelivered(output)) output.discard()
  }

  /** After something was given up: gives what is written now half a second more. */
  beginAgain(): void {
    this.deadline = shortestDeadline
    this.since = performance.now()
  }

  /** Calls back once everything is delivered or given up, with how many bytes of standard output were given up. */
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
