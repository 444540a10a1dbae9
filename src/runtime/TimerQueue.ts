interface Timer {
  readonly due: number
  /** None once it has been called or cancelled. */
  callback: (() => void) | undefined
  previous: Timer | undefined
  next: Timer | undefined
}

/** Timers of one delay, in the order in which they become due, which is that in which they came. */
export class TimerQueue {
  readonly delayMillis: number
  private first: Timer | undefined
  private last: Timer | undefined

  constructor(delayMillis: number) {
    this.delayMillis = delayMillis
  }

  /** Adds a timer that is due a delay from now. Gives what cancels it. */
  add(now: number, callback: () => void): () => void {
    const timer: Timer = { due: now + this.delayMillis, callback, previous: this.last, next: undefined }
    if (this.last === undefined) this.first = timer
    else this.last.next = timer
    this.last = timer
    return () => this.remove(timer)
  }

  /** When the first timer is due, milliseconds. */
  nextDue(): number | undefined {
    return this.first?.due
  }

  /** Calls back those that are due, and gives what was thrown: one that throws does not cost the others theirs. */
  expire(now: number): ReadonlyArray<unknown> {
    const failures: Array<unknown> = []
    for (let timer = this.first; timer !== undefined && timer.due <= now; timer = this.first) {
      const { callback } = timer
      this.remove(timer)
      try {
        callback?.()
      } catch (failure) {
        failures.push(failure)
      }
    }
    return failures
  }

  private remove(timer: Timer): void {
    if (timer.callback === undefined) return
    timer.callback = undefined
    if (timer.previous === undefined) this.first = timer.next
    else timer.previous.next = timer.next
    if (timer.next === undefined) this.last = timer.previous
    else timer.next.previous = timer.previous
    // What has gone must not point at what came after it: a chain of such pointers, once in the old generation of the
    // heap, keeps every connection that ever had a deadline alive until the next full collection.
    timer.previous = undefined
    timer.next = undefined
  }
}
