import type { Publisher } from "./publisher.ts"
import { now, type Window } from "./timing.ts"

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

/**
 * Sends so many messages a second in all, each at its time, however late the ones before it were taken. It never sleeps:
 * a server that has to wake its reader pays for it, and whether it has to would be chance.
 */
export class Pace {
  private readonly publishers: ReadonlyArray<Publisher>
  private readonly perSecond: number
  private readonly window: Window
  private begun = 0
  private planned = 0
  private end = Number.POSITIVE_INFINITY
  private isStopped = false
  private turnedAt = 0

  constructor(publishers: ReadonlyArray<Publisher>, perSecond: number, window: Window) {
    this.publishers = publishers
    this.perSecond = perSecond
    this.window = window
  }

  start(): Stop {
    this.begun = now()
    this.turnedAt = this.begun
    this.turn()
    return () => {
      this.end = this.window.ending
    }
  }

  /** When a message was meant to be sent: publishers take turns. */
  intendedTime(publisher: number, sequence: number): number {
    return this.dueTime(sequence * this.publishers.length + publisher)
  }

  /** Whether every message was sent whose time came before the end. What the server did not take in time is owed. */
  get isDone(): boolean {
    return this.dueTime(this.planned) >= this.end
  }

  /** Sends nothing more. What the server never took was meant to be sent all the same, and has not come. */
  giveUp(): void {
    this.isStopped = true
    for (; !this.isDone; this.planned++) {
      const publisher = this.publishers[this.planned % this.publishers.length]
      if (publisher?.isOpen) publisher.sent++
    }
  }

  private dueTime(message: number): number {
    return this.begun + (message * 1000) / this.perSecond
  }

  private turn(): void {
    if (this.isStopped) return
    const time = now()
    this.window.turned(time - this.turnedAt)
    this.turnedAt = time
    this.sendDue()
    setImmediate(() => this.turn())
  }

  /** Sends every message whose time has come, publishers in turn. */
  private sendDue(): void {
    for (;;) {
      const due = this.dueTime(this.planned)
      if (due > now() || due >= this.end) return
      const publisher = this.publishers[this.planned % this.publishers.length]
      // The server takes no more for now: the message waits, and its time runs.
      if (publisher?.isOpen && !publisher.hasRoom) return
      this.planned++
      if (!publisher?.isOpen) continue
      publisher.prepare()
      publisher.flush()
      this.window.worked()
    }
  }
}
