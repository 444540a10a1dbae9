import * as net from "node:net"
import { errorCode } from "../../domain/errorCode.ts"
import type { Endpoint } from "../../domain/index.ts"
import type { PeerEnd } from "../tls/tlsInside.ts"
import type { Wire, WireEnd, WireHandlers } from "../Wire.ts"
import { keepAliveSeconds } from "./keepAlive.ts"
import { isPeerGone } from "./peerGone.ts"

const isAborted = (code: string | undefined): boolean => code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ABORT_ERR"

const nothing = new Uint8Array(0)

const wire = Symbol("tcpfx/wire")

/** A socket that knows its wire, in place of three listeners of each connection's own. */
interface Wired {
  [wire]: NodeWire
}

function onSocketError(this: Wired, error: unknown): void {
  this[wire].onSocketError(error)
}

function onSocketEnd(this: Wired): void {
  this[wire].onSocketEnd()
}

function onSocketClose(this: Wired): void {
  this[wire].onSocketClose()
}

/** What lies below a TLS socket, and how the peer ends its side of TLS. */
interface Below {
  readonly lower: net.Socket
  readonly peerEnd: PeerEnd
}

// What stands for the socket of a wire that has ended.
const closed = new net.Socket().destroy()

/** Bytes in the queue below Node's stream. */
const queuedIn = (socket: net.Socket): number => {
  const handle: unknown = Reflect.get(socket, "_handle")
  const queued: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "writeQueueSize") : 0
  return typeof queued === "number" ? queued : 0
}

/**
 * A socket of node:net or node:tls as a wire. What lies below a TLS socket is given too: only that one knows RST.
 */
export class NodeWire implements Wire {
  readonly local: Endpoint
  readonly remote: Endpoint
  private socket: net.Socket
  private lower: net.Socket
  private readonly knowsReset: boolean
  private readonly isSecured: boolean
  private readonly peerEnd: PeerEnd | undefined
  /** Whether TLS has failed behind bytes that nobody has taken yet. */
  private isFailing = false
  private handlers: WireHandlers | undefined
  private ended: WireEnd | undefined
  private code: string | undefined
  /** Whether somebody is to be told when the system has taken everything. */
  private waiting = false
  /** Whether the last write has a callback. */
  private isTold = false
  /** Whether something had to wait when it was last asked. */
  private wasFull = false
  private accepted = 0
  // Not taken by the system. Node takes what failed off its own count, as if it had been sent.
  private queued = 0
  // Made for the first write that the system does not take at once.
  private tell: ((error?: Error | null) => void) | undefined
  private over = false
  private ending = false
  private peerEnded = false
  // Received and given to somebody else.
  private readBefore = 0

  // The listeners are attached here, in the turn in which the socket came to be: an RST before somebody starts the wire
  // would otherwise be an uncaught exception, and a FIN with no data before it would never be told again.
  constructor(socket: net.Socket, local: Endpoint, remote: Endpoint, below?: Below) {
    this.socket = socket
    this.lower = below?.lower ?? socket
    this.peerEnd = below?.peerEnd
    this.isSecured = below !== undefined
    this.knowsReset = remote._tag === "Tcp"
    this.local = local
    this.remote = remote
    const wired = socket as net.Socket & Wired
    wired[wire] = this
    socket.on("error", onSocketError)
    socket.on("end", onSocketEnd)
    socket.on("close", onSocketClose)
  }

  onSocketError(error: unknown): void {
    const code = errorCode(error)
    if (!isAborted(code)) this.code ??= code
    // Node destroys a socket that the system has failed, and leaves one that TLS has failed to its owner.
    if (!this.isSecured || this.socket.destroyed) return
    this.isFailing = this.socket.readableLength > 0
    if (!this.isFailing) this.socket.destroy()
  }

  onSocketEnd(): void {
    if (this.over) return
    // An RST right behind data comes to Node as an orderly end. Only the system knows better.
    if (this.knowsReset && !this.ending && this.hasCarried() && this.isGone()) {
      this.code ??= "ECONNRESET"
      this.socket.destroy()
      return
    }
    this.peerEnded = true
    this.handlers?.onEnd(this.peerEnd?.closeNotify)
  }

  onSocketClose(): void {
    this.over = true
    this.ended = this.code === undefined ? {} : { code: this.code }
    const { handlers } = this
    // From here neither leads to the other: one that has grown old enough for a full collection would keep both, and
    // all that belongs to them, until then (docs/performance-notes.md).
    this.handlers = undefined
    this.readBefore = -this.bytesIn()
    this.socket = closed
    this.lower = closed
    handlers?.onClose(this.ended)
  }

  start(handlers: WireHandlers): void {
    if (this.ended !== undefined) {
      handlers.onClose(this.ended)
      return
    }
    const isHandedOver = this.handlers !== undefined
    this.handlers = handlers
    if (this.peerEnded) handlers.onEnd(this.peerEnd?.closeNotify)
    if (!isHandedOver) this.socket.on("data", (bytes) => this.give(bytes))
  }

  // Node goes on emptying the queue of a socket that was destroyed, and tells its end then.
  private give(bytes: Uint8Array): void {
    if (!this.over) this.handlers?.onData(bytes)
    if (this.isFailing && this.socket.readableLength === 0) this.socket.destroy()
  }

  unread(bytes: Uint8Array): void {
    this.readBefore = this.socket.bytesRead - bytes.length
    if (bytes.length > 0) this.socket.unshift(bytes)
  }

  /**
   * Gives the socket up to code that stands between it and another wire, such as TLS. The handlers of this wire are not
   * called again. `destroy` still destroys the socket.
   */
  release(): net.Socket {
    this.handlers = undefined
    return this.ended === undefined ? this.socket : new net.Socket().destroy()
  }

  /** Whether there was ever something to read or write. */
  private hasCarried(): boolean {
    return this.accepted > 0 || this.lower.bytesRead > 0
  }

  write(bytes: Uint8Array): boolean {
    if (this.over || this.ending) return true
    this.accepted += bytes.length
    // Who is told of each write that the system has taken pays a tick of the event loop for it. Nobody needs to be told
    // of what it takes at once, as it has taken what came before. With TLS it takes nothing at once.
    this.isTold = this.waiting || this.wasFull || this.isSecured
    if (this.isTold) this.socket.write(bytes, this.written())
    else this.socket.write(bytes)
    return this.isTaken()
  }

  cork(): void {
    this.socket.cork()
  }

  uncork(): boolean {
    this.socket.uncork()
    return this.isTaken()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  end(): boolean {
    this.ending = true
    if (this.over) return true
    // With nothing left to send or to receive, close(2) sends the FIN by itself: half the work of shutdown(2) before it.
    const isDone = this.peerEnded && this.socket.writableLength === 0 && !this.isSecured
    if (isDone) {
      this.destroy()
    } else {
      if (this.queued > 0) this.awaitTaken()
      this.socket.end()
    }
    return isDone
  }

  destroy(): void {
    this.over = true
    this.socket.destroy()
  }

  reset(): void {
    this.over = true
    // Node throws where the kind of socket has no RST. Of a TLS socket the one below has it.
    if (!this.knowsReset) this.socket.destroy()
    // While a FIN is on its way, libuv refuses the reset (EINVAL) and Node then never closes the socket.
    else if (this.isFinishing()) this.socket.once("finish", () => this.lower.resetAndDestroy())
    else this.lower.resetAndDestroy()
  }

  private isFinishing(): boolean {
    const { destroyed, writableEnded, writableFinished, writableLength } = this.socket
    return writableEnded && !writableFinished && writableLength === 0 && !destroyed
  }

  pending(): number {
    return this.over ? 0 : this.queued
  }

  progress(): number {
    // The length of libuv's own queue shrinks with each partial write; Node shows it nowhere else. TLS hands all that was
    // written together to the socket below in one write, so only the queue of that socket shrinks.
    const below = this.isSecured ? queuedIn(this.lower) : 0
    return this.accepted - this.socket.writableLength - queuedIn(this.socket) - below
  }

  probe(afterMillis: number): void {
    // Not before it is needed: it is four system calls.
    this.socket.setKeepAlive(true, keepAliveSeconds(afterMillis) * 1000)
  }

  isGone(): boolean {
    // `remoteAddress` of a socket does not tell: Node asks the kernel once and keeps the answer.
    const handle: unknown = Reflect.get(this.socket, "_handle")
    return typeof handle === "object" && handle !== null ? isPeerGone(handle) : this.socket.destroyed
  }

  bytesIn(): number {
    return this.socket.bytesRead - this.readBefore
  }

  bytesOut(): number {
    return this.accepted - this.queued
  }

  // `write` in Node says "false" above a mark of its own; what counts here is whether the system took everything.
  private isTaken(): boolean {
    if (this.over) return true
    const queued = this.socket.writableLength
    if (queued !== this.queued) this.queued = queued
    if (this.socket.writableCorked === 0) {
      this.wasFull = queued > 0
      if (this.wasFull) this.awaitTaken()
    }
    return queued === 0 && !this.waiting
  }

  /** Sees to it that {@link onWritten} follows when the system has taken everything. */
  private awaitTaken(): void {
    if (this.waiting) return
    this.waiting = true
    // Behind what waits already.
    if (!this.isTold) this.socket.write(nothing, this.written())
    this.isTold = true
  }

  private written(): (error?: Error | null) => void {
    this.tell ??= (error) => this.onWritten(error)
    return this.tell
  }

  private onWritten(error: Error | null | undefined): void {
    // Node reports what a broken socket still held as written.
    if (error || this.over || this.socket.destroyed) return
    this.queued = this.socket.writableLength
    if (this.waiting && this.queued === 0) {
      this.waiting = false
      this.handlers?.onDrain()
    }
  }
}
