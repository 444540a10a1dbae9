const checkMillis = 5

/** Milliseconds of a clock that only goes on. */
export const now = (): number => performance.now()

/** Waits until a time has come. */
export const until = (time: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.ceil(time - now()))))

/**
 * Waits until the window has lasted so many seconds, and longer if it takes longer until `least` have come within it.
 * A machine that stands still in the window must not leave it empty.
 */
export const untilWindowIsOver = async (
  { beginning }: Window,
  { least, seconds }: WindowLength,
  come: () => number,
): Promise<void> => {
  await until(beginning + seconds * 1000)
  while (come() < least) await until(now() + checkMillis)
}

/** How long a window lasts. */
export interface WindowLength {
  readonly seconds: number
  readonly least: number
}

/** The time in which is measured; before `begin` and after `end` work goes on, but does not count. */
export class Window {
  private from = Number.POSITIVE_INFINITY
  private to = Number.POSITIVE_INFINITY
  private cpuBefore = process.cpuUsage()
  private cpuUsed = 0
  private spun = 0
  private hasWorked = false

  begin(): void {
    this.spun = 0
    this.cpuBefore = process.cpuUsage()
    this.from = now()
  }

  end(): void {
    this.to = now()
    const { user, system } = process.cpuUsage(this.cpuBefore)
    this.cpuUsed = Math.max(0, (user + system) / 1e6 - this.spun / 1000)
  }

  /** Something was sent or read since the last turn. */
  worked(): void {
    this.hasWorked = true
  }

  /** A turn of a loop that does not sleep took so long: where there was nothing to do, that was no work. */
  turned(millis: number): void {
    if (!this.hasWorked && !this.isOver) this.spun += millis
    this.hasWorked = false
  }

  get isOver(): boolean {
    return this.to !== Number.POSITIVE_INFINITY
  }

  get beginning(): number {
    return this.from
  }

  get ending(): number {
    return this.to
  }

  contains(time: number): boolean {
    return time >= this.from && time < this.to
  }

  get seconds(): number {
    return (this.to - this.from) / 1000
  }

  /** Share of the CPU that the work of this process took; 1 is one core. */
  get cpu(): number {
    return this.cpuUsed / this.seconds
  }
}

interface Progress {
  readonly received: number
  readonly isDone: boolean
}

const quietMillis = 1000
// A machine that stands still is no silent server: one look adds no more than this to the silence.
const mostQuietMillis = 10
const mostMillis = 30_000

/** Awaits what is still under way: all of it, or until nothing has come for a second. */
export const settle = async (look: () => Progress): Promise<void> => {
  const begun = now()
  let looked = begun
  let quiet = 0
  let before = -1
  for (;;) {
    const { received, isDone } = look()
    const time = now()
    quiet = received === before ? quiet + Math.min(time - looked, mostQuietMillis) : 0
    before = received
    looked = time
    if (isDone || quiet >= quietMillis || time - begun >= mostMillis) return
    await until(time + checkMillis)
  }
}
