import type { CheckedKeepalive } from "../domain/index.ts"
import { TelnetDecoder } from "../domain/telnet/TelnetDecoder.ts"
import { TelnetEncoder } from "../domain/telnet/TelnetEncoder.ts"
import type { Wire, WireEnd, WireHandlers } from "./Wire.ts"

// While more than this many bytes are queued for the kernel, the wire does not answer Telnet requests. Otherwise a peer
// that sends requests and does not read would fill the memory with answers.
const mostPending = 64 * 1024

/**
 * A wire that speaks Telnet on another wire. Its owner sees the data only; commands of the peer are removed, and all
 * options are refused. Handshakes, such as TLS, must have finished: they belong below Telnet.
 */
export const telnetWire = (below: Wire): Wire => new TelnetWire(below)

class TelnetWire implements Wire, WireHandlers {
  readonly readLarge?: NonNullable<Wire["readLarge"]>
  readonly recycle?: NonNullable<Wire["recycle"]>
  private readonly below: Wire
  private readonly decoder = new TelnetDecoder()
  private readonly encoder = new TelnetEncoder()
  private handlers: WireHandlers | undefined
  /** Whether the owner waits for `onDrain`. An answer of this wire may wait for the kernel while the owner does not. */
  private isAwaited = false

  constructor(below: Wire) {
    this.below = below
    if (below.readLarge !== undefined) this.readLarge = below.readLarge.bind(below)
    if (below.recycle !== undefined) this.recycle = below.recycle.bind(below)
  }

  get local() {
    return this.below.local
  }

  get remote() {
    return this.below.remote
  }

  start(handlers: WireHandlers): void {
    this.handlers = handlers
    this.below.start(this)
  }

  unread(bytes: Uint8Array): void {
    this.below.unread(new TelnetEncoder().encode(bytes))
  }

  write(bytes: Uint8Array): boolean {
    return this.noted(this.below.write(this.encoder.encode(bytes)))
  }

  cork(): void {
    this.below.cork()
  }

  uncork(): boolean {
    return this.noted(this.below.uncork())
  }

  pause(): void {
    this.below.pause()
  }

  resume(): void {
    this.below.resume()
  }

  end(): boolean {
    this.complete()
    return this.below.end()
  }

  destroy(): void {
    this.below.destroy()
  }

  reset(): void {
    this.below.reset()
  }

  pending(): number {
    return this.below.pending()
  }

  progress(): number {
    return this.below.progress()
  }

  probe(keepalive: CheckedKeepalive): void {
    this.below.probe(keepalive)
  }

  isGone(): boolean {
    return this.below.isGone()
  }

  bytesIn(): number {
    return this.below.bytesIn()
  }

  bytesOut(): number {
    return this.below.bytesOut()
  }

  // --- events of the wire below

  onData(bytes: Uint8Array): void {
    const data = this.decoder.push(bytes)
    this.answer()
    // The data is a copy, so the memory of a large read can be reused at once.
    if (data !== bytes) this.below.recycle?.(bytes)
    if (data.length > 0) this.handlers?.onData(data)
  }

  onEnd(closeNotify?: boolean): void {
    this.handlers?.onEnd(closeNotify)
  }

  onDrain(): void {
    this.answer()
    if (!this.isAwaited || this.below.pending() > 0) return
    this.isAwaited = false
    this.handlers?.onDrain()
  }

  onClose(end: WireEnd): void {
    this.handlers?.onClose(end)
  }

  private noted(isTaken: boolean): boolean {
    this.isAwaited = !isTaken
    return isTaken
  }

  private answer(): void {
    if (this.below.pending() > mostPending) return
    const answers = this.decoder.takeAnswers()
    if (answers === undefined) return
    this.complete()
    this.below.write(answers)
  }

  /** Ends the data before a command: a CR must not stand directly before IAC. */
  private complete(): void {
    const missing = this.encoder.finish()
    if (missing !== undefined) this.below.write(missing)
  }
}
