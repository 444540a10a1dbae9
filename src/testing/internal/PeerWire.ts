import type { Endpoint } from "../../domain/index.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Wire, WireEnd, WireHandlers } from "../../transport/index.ts"

/** The wire of a scripted peer, and a buffer of received bytes that its script has not taken yet. */
export class PeerWire implements WireHandlers {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly waiters = new Waiters()
  /** The number of bytes that the script has taken. */
  offset = 0
  private readonly wire: Wire
  // The untaken bytes are in `buffer`, from the index `from` up to `to`.
  private buffer = new Uint8Array(1024)
  private from = 0
  private to = 0
  private isEnded = false
  private end: WireEnd | undefined

  constructor(wire: Wire, reads: boolean) {
    this.wire = wire
    this.local = wire.local
    this.remote = wire.remote
    if (!reads) wire.pause()
    wire.start(this)
  }

  onData(bytes: Uint8Array): void {
    if (this.to + bytes.length > this.buffer.length) {
      const larger = new Uint8Array(2 * (this.to - this.from + bytes.length))
      larger.set(this.buffer.subarray(this.from, this.to))
      this.buffer = larger
      this.to -= this.from
      this.from = 0
    }
    this.buffer.set(bytes, this.to)
    this.to += bytes.length
    this.waiters.wake()
  }

  onEnd(): void {
    this.isEnded = true
    this.waiters.wake()
  }

  onDrain(): void {
    this.waiters.wake()
  }

  onClose(end: WireEnd): void {
    this.end = end
    this.waiters.wake()
  }

  /** Returns the first untaken bytes, at most `count`. */
  received(count: number): Uint8Array {
    return this.buffer.subarray(this.from, Math.min(this.to, this.from + count))
  }

  /** Takes the first untaken bytes, at most `count`. */
  take(count: number): Uint8Array {
    const taken = this.received(count)
    this.from += taken.length
    this.offset += taken.length
    return taken
  }

  /** Returns how the input ended, or `undefined` if more bytes may come. */
  endOf(): "ended" | "reset" | "closed" | undefined {
    const close = this.closeOf()
    return close === undefined || close === "closed" ? (this.isEnded ? "ended" : close) : close
  }

  /** Returns how the connection ended, or `undefined` if it is open. */
  closeOf(): "reset" | "closed" | undefined {
    if (this.end === undefined) return undefined
    return this.end.code === undefined ? "closed" : "reset"
  }

  /** Returns the error code of an abrupt end, such as "ECONNRESET". */
  code(): string | undefined {
    return this.end?.code
  }

  isFlushed(): boolean {
    return this.wire.pending() === 0
  }

  write(bytes: Uint8Array): void {
    this.wire.write(bytes)
  }

  setReading(reads: boolean): void {
    if (reads) this.wire.resume()
    else this.wire.pause()
  }

  halfClose(): void {
    this.wire.end()
  }

  reset(): void {
    this.wire.reset()
  }

  destroy(): void {
    this.wire.destroy()
  }
}
