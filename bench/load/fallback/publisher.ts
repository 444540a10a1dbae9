import type { Connection } from "./connection.ts"
import type { Records } from "./records.ts"

const batchBytes = 64 * 1024
/** Messages of a publisher in `single` that are prepared at once. */
export const singlesAtOnce = 16

export type WriteMode = "batch" | "single"

/** Sends the messages of one publisher: as many as a write takes, or one with each write. */
export class Publisher {
  readonly index: number
  /** Messages so far; the sequence of the next one. */
  sent = 0
  /** Those of them that may be on their way: what the system has taken cannot be seen, so what it was given counts. */
  handedOver = 0
  /** Called when the system has taken what it first had not. */
  onFree: () => void = () => {}
  private readonly connection: Connection
  private readonly records: Records
  private readonly mode: WriteMode
  private readonly out: Buffer
  private prepared = 0
  private handed = 0
  private isWaiting = false

  constructor(index: number, connection: Connection, records: Records, mode: WriteMode) {
    this.index = index
    this.connection = connection
    this.records = records
    this.mode = mode
    const { size } = records.sent
    const most = mode === "single" ? singlesAtOnce : Math.max(1, Math.floor(batchBytes / size))
    this.out = Buffer.allocUnsafeSlow(most * size)
  }

  get isOpen(): boolean {
    return this.connection.isOpen
  }

  /** Messages that are to be delivered. Those that could not be sent any more are not. */
  get owed(): number {
    return this.connection.isOpen ? this.sent : this.handedOver
  }

  get isFree(): boolean {
    return !this.isWaiting && this.connection.isOpen
  }

  /** Whether nothing of what was sent is still here. */
  get isFlushed(): boolean {
    return (this.prepared === 0 && !this.isWaiting) || !this.connection.isOpen
  }

  get hasRoom(): boolean {
    return this.prepared < this.out.length
  }

  /** Prepares the next message; it goes out with the next `flush`. */
  prepare(): void {
    this.records.sent.write(this.out, this.prepared, this.index, this.sent++)
    this.prepared += this.records.sent.size
  }

  /** Prepares as many as there is room for, and hands them over. */
  pump(): void {
    while (this.hasRoom) this.prepare()
    this.flush()
  }

  /** Hands over what is prepared, up to where the system takes no more; the rest follows when it does again. */
  flush(): void {
    const { connection, mode, out } = this
    while (!this.isWaiting && this.handed < this.prepared && connection.isOpen) {
      const end = mode === "single" ? this.handed + this.records.sent.size : this.prepared
      let isTaken = false
      connection.write(out.subarray(this.handed, end), () => {
        if (isTaken) return
        this.isWaiting = false
        this.flush()
        if (!this.isWaiting) this.onFree()
      })
      this.handedOver += (end - this.handed) / this.records.sent.size
      this.handed = end
      // What the system takes at once is not pending any more, though its callback comes later.
      isTaken = connection.pendingBytes === 0
      this.isWaiting = !isTaken
    }
    if (this.isWaiting || this.handed < this.prepared) return
    this.prepared = 0
    this.handed = 0
  }
}
