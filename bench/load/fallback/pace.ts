import type { Publisher } from "./publisher.ts"
import { now } from "./timing.ts"

/** Ends what was started. */
export type Stop = () => void

/** Lets publishers send as fast as the system takes it, one buffer each in every turn of the event loop. */
export const sendFlatOut = (publishers: ReadonlyArray<Publisher>): Stop => {
  let isStopped = false
  let isArmed = false
  const arm = () => {
    if (isArmed || isStopped) return
    isArmed = true
    setImmediate(turn)
  }
  const turn = () => {
    isArmed = false
    if (isStopped) return
    let isAnyFree = false
    for (const publisher of publishers) {
      if (publisher.isFree) publisher.pump()
      isAnyFree ||= publisher.isFree
    }
    if (isAnyFree) arm()
  }
  for (const publisher of publishers) publisher.onFree = arm
  arm()
  return () => {
    isStopped = true
  }
}

/** Messages of a publisher whose times are kept. */
const timesKept = 65_536
/** A timer may come this much late. */
const timerSlackMillis = 2

/** Sends so many messages a second in all, each at its time, however late the ones before it were taken. */
export class Pace {
  private readonly publishers: ReadonlyArray<Publisher>
  private readonly perSecond: number
  private readonly intended: ReadonlyArray<Float64Array>
  private begun = 0
  private planned = 0
  private isStopped = false

  constructor(publishers: ReadonlyArray<Publisher>, perSecond: number) {
    this.publishers = publishers
    this.perSecond = perSecond
    this.intended = publishers.map(() => new Float64Array(timesKept))
  }

  start(): Stop {
    this.begun = now()
    this.turn()
    return () => {
      this.isStopped = true
    }
  }

  /** When a message was meant to be sent. */
  intendedTime(publisher: number, sequence: number): number {
    return this.intended[publisher]?.[sequence % timesKept] ?? Number.NaN
  }

  private turn(): void {
    if (this.isStopped) return
    const wait = this.sendDue()
    // Timers know whole milliseconds only, so the last ones are waited for turn by turn.
    if (wait > timerSlackMillis) setTimeout(() => this.turn(), wait - timerSlackMillis)
    else setImmediate(() => this.turn())
  }

  /** Sends every message whose time has come, publishers in turn; gives how long it is to the next one. */
  private sendDue(): number {
    for (;;) {
      const due = this.begun + (this.planned * 1000) / this.perSecond
      const left = due - now()
      if (left > 0) return left
      const publisher = this.publishers[this.planned % this.publishers.length]
      // The server takes no more for now: the message waits, and its time runs.
      if (publisher?.isOpen && !publisher.hasRoom) return 0
      this.planned++
      if (!publisher?.isOpen) continue
      const times = this.intended[publisher.index]
      if (times !== undefined) times[publisher.sent % timesKept] = due
      publisher.prepare()
      publisher.flush()
    }
  }
}
