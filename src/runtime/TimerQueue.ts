interface Timer {
  readonly due: number
  /** `undefined` after the timer has fired or has been cancelled. */
  callback: (() => void) | undefined
  previous: Timer | undefined
  next: Timer | undefined
}

/** Timers with the same delay. They become due in the order in which they are added. */
export class TimerQueue {
  readonly delayMillis: number
  private first: Timer | undefined
  private last: Timer | undefined

  constructor(delayMillis: number) {
    this.delayMillis = delayMillis
  }

  /** Adds a timer that is due after the delay. Returns a function that cancels the timer. */
  add(now: number, callback: () => void): () => void {
    const timer: Timer = { due: now + this.delayMillis, callback, previous: this.last, next: undefined }
    if (this.last === undefined) this.first = timer
    else this.last.next = timer
    this.last = timer
    return () => this.remove(timer)
  }

  /** Returns the due time of the first timer, milliseconds. */
  nextDue(): number | undefined {
    return this.first?.due
  }

  /**
   * Calls the callbacks of all due timers. A callback that throws does not stop the others. Returns the thrown values.
   */
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
    // A removed timer must not point to later timers. In the old generation of the heap, a chain of such pointers would
    // keep every connection with a deadline alive until the next full garbage collection.
    timer.previous = undefined
    timer.next = undefined
  }
}
