import type { Endpoint } from "../../domain/index.ts"
import type { Wire, WireEnd, WireHandlers } from "../Wire.ts"

/**
 * One end of a connection inside this process. It behaves like a socket: bytes arrive in a later turn, a direction
 * buffers `capacity` bytes for a peer that does not read, FIN follows the bytes, and RST overtakes them.
 */
class MemoryWire implements Wire {
  readonly local: Endpoint
  readonly remote: Endpoint
  private readonly capacity: number
  private peer: MemoryWire | undefined
  private handlers: WireHandlers | undefined
  private paused = false
  private corked = 0
  private armed = false
  // `outgoing`: written bytes that the peer's buffer has no room for. `incoming`: the peer's bytes in the buffer of
  // this end.
  private outgoing: Array<Uint8Array> = []
  private outgoingBytes = 0
  private collected: Array<Uint8Array> = []
  private collectedBytes = 0
  private incoming: Array<Uint8Array> = []
  private incomingBytes = 0
  private ending = false
  private finSent = false
  private finReceived = false
  private endTold = false
  private waiting = false
  // Whether an `onDrain` must follow, because a write outside a cork returned `false`.
  private owesDrain = false
  private end_: WireEnd | undefined
  private closeTold = false
  private received = 0
  private taken = 0

  constructor(local: Endpoint, remote: Endpoint, capacity: number) {
    this.local = local
    this.remote = remote
    this.capacity = capacity
  }

  static pair(local: Endpoint, remote: Endpoint, capacity: number): readonly [Wire, Wire] {
    const near = new MemoryWire(local, remote, capacity)
    const far = new MemoryWire(remote, local, capacity)
    near.peer = far
    far.peer = near
    return [near, far]
  }

  start(handlers: WireHandlers): void {
    this.handlers = handlers
    this.arm()
  }

  unread(bytes: Uint8Array): void {
    this.received = 0
    if (bytes.length === 0) return
    this.incoming.unshift(bytes)
    this.incomingBytes += bytes.length
  }

  write(bytes: Uint8Array): boolean {
    if (this.end_ !== undefined || this.ending) return true
    if (bytes.length > 0) {
      this.collected.push(bytes)
      this.collectedBytes += bytes.length
    }
    return this.handOver()
  }

  cork(): void {
    this.corked++
  }

  uncork(): boolean {
    if (this.corked > 0) this.corked--
    return this.handOver()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.arm()
  }

  end(): boolean {
    this.ending = true
    this.corked = 0
    this.owesDrain ||= this.waiting
    this.handOver()
    return this.end_ !== undefined
  }

  destroy(): void {
    if (this.end_ !== undefined) return
    // If bytes are unread, an RST replaces the FIN, as with close(2).
    if (this.incomingBytes > 0) this.peer?.receiveReset()
    else this.peer?.receiveFin()
    this.finish({})
  }

  reset(): void {
    if (this.end_ !== undefined) return
    this.peer?.receiveReset()
    this.finish({})
  }

  pending(): number {
    return this.end_ === undefined ? this.outgoingBytes + this.collectedBytes : 0
  }

  progress(): number {
    return this.taken
  }

  probe(): void {}

  isGone(): boolean {
    return this.end_ !== undefined || (this.finReceived && this.peer?.end_ !== undefined)
  }

  bytesIn(): number {
    return this.received
  }

  bytesOut(): number {
    return this.taken
  }

  private handOver(): boolean {
    if (this.corked > 0) return this.isTaken()
    for (const bytes of this.collected) this.outgoing.push(bytes)
    this.outgoingBytes += this.collectedBytes
    this.collected = []
    this.collectedBytes = 0
    return this.transfer()
  }

  private isTaken(): boolean {
    this.waiting = this.owesDrain || this.pending() > 0
    return !this.waiting
  }

  private transfer(): boolean {
    const peer = this.peer
    if (this.end_ !== undefined || peer === undefined) return true
    if (peer.end_ !== undefined && this.outgoingBytes > 0) {
      this.receiveReset()
      return true
    }
    while (this.outgoingBytes > 0 && peer.incomingBytes < this.capacity) {
      const head = this.outgoing[0] as Uint8Array
      const room = this.capacity - peer.incomingBytes
      const part = head.length <= room ? head : head.subarray(0, room)
      if (part.length === head.length) this.outgoing.shift()
      else this.outgoing[0] = head.subarray(room)
      this.outgoingBytes -= part.length
      this.taken += part.length
      peer.incoming.push(part)
      peer.incomingBytes += part.length
    }
    peer.arm()
    if (this.outgoingBytes > 0) this.owesDrain = true
    if (this.outgoingBytes === 0 && this.ending && !this.finSent) {
      this.finSent = true
      peer.receiveFin()
      this.finishIfBothEnded()
    }
    return this.isTaken()
  }

  private receiveFin(): void {
    this.finReceived = true
    this.arm()
  }

  private receiveReset(): void {
    if (this.end_ === undefined) this.finish({ code: "ECONNRESET" })
  }

  private finish(end: WireEnd): void {
    this.end_ = end
    this.incoming = []
    this.incomingBytes = 0
    this.outgoing = []
    this.collected = []
    this.arm()
  }

  private finishIfBothEnded(): void {
    if (this.finSent && this.endTold && !this.owesDrain && this.end_ === undefined) this.finish({})
  }

  private arm(): void {
    if (this.armed || this.handlers === undefined) return
    this.armed = true
    setImmediate(() => {
      this.armed = false
      this.deliver()
    })
  }

  private deliver(): void {
    if (this.closeTold) return
    while (!this.paused && this.end_ === undefined && this.incoming.length > 0) {
      const bytes = this.incoming.shift() as Uint8Array
      this.incomingBytes -= bytes.length
      this.received += bytes.length
      this.handlers?.onData(bytes)
    }
    this.peer?.room()
    if (!this.paused && this.end_ === undefined && this.finReceived && !this.endTold && this.incoming.length === 0) {
      this.endTold = true
      this.handlers?.onEnd()
      this.finishIfBothEnded()
    }
    if (this.end_ !== undefined && !this.closeTold) {
      this.closeTold = true
      this.handlers?.onClose(this.end_)
    }
  }

  private room(): void {
    if (!this.waiting) return
    this.transfer()
    if (this.end_ !== undefined || !this.owesDrain || this.pending() > 0) return
    this.owesDrain = false
    this.waiting = false
    this.handlers?.onDrain()
    this.finishIfBothEnded()
  }
}

/** Both ends of a new connection: first the dialling end, whose local endpoint is `local`, then the accepted end. */
export const createWirePair = (local: Endpoint, remote: Endpoint, capacity: number): readonly [Wire, Wire] =>
  MemoryWire.pair(local, remote, capacity)
