import * as net from "node:net"
import { errorCode } from "../../domain/errorCode.ts"
import type { CheckedKeepalive, Endpoint } from "../../domain/index.ts"
import type { PeerEnd } from "../tls/tlsInside.ts"
import type { Wire, WireEnd, WireHandlers } from "../Wire.ts"
import { type KeepAliveSocket, keepAliveSeconds } from "./keepAlive.ts"
import { isPeerGone } from "./peerGone.ts"
import { queuedIn } from "./queuedIn.ts"

const isAborted = (code: string | undefined): boolean => code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ABORT_ERR"

const nothing = new Uint8Array(0)

const wire = Symbol("tcpfx/wire")

/**
 * A socket with a reference to its wire. So all sockets share three listeners, and no connection needs listeners of its
 * own.
 */
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

/** The socket below a TLS socket, and how the peer ended its side of TLS. */
interface Below {
  readonly lower: net.Socket
  readonly peerEnd: PeerEnd
}

// Replaces the socket of a wire that has ended.
const closed = new net.Socket().destroy()

/**
 * A socket of node:net or node:tls as a wire. A TLS wire also has the socket below the TLS socket (`lower`), because
 * only that socket can send RST.
 */
export class NodeWire implements Wire {
  readonly local: Endpoint
  readonly remote: Endpoint
  private socket: net.Socket
  private lower: net.Socket
  private readonly knowsReset: boolean
  private readonly isSecured: boolean
  private readonly peerEnd: PeerEnd | undefined
  /** Whether TLS has failed while received bytes wait to be read. */
  private isFailing = false
  private handlers: WireHandlers | undefined
  private ended: WireEnd | undefined
  private code: string | undefined
  /** Whether `onDrain` must follow when the kernel has taken all bytes. */
  private waiting = false
  /** Whether the last write has a callback. */
  private hasCallback = false
  /** Whether bytes were queued at the last check. */
  private wasFull = false
  private accepted = 0
  // The number of bytes that the kernel has not taken. Node's own count also drops when a write fails, as if its bytes
  // had been sent.
  private queued = 0
  // The callback of writes. It is made for the first write that the kernel does not take at once.
  private onWrite: ((error?: Error | null) => void) | undefined
  private over = false
  private ending = false
  private peerEnded = false
  // The number of received bytes that `bytesIn` does not count, because they were delivered before the bytes that
  // `unread` put back.
  private readBefore = 0

  // The listeners are attached in the turn in which the socket is created. Before `start`, an RST would otherwise be an
  // uncaught exception, and a FIN without data would be lost.
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
    // Node destroys a socket after an error of the kernel. After an error of TLS, the owner has to destroy it.
    if (!this.isSecured || this.socket.destroyed) return
    this.isFailing = this.socket.readableLength > 0
    if (!this.isFailing) this.socket.destroy()
  }

  onSocketEnd(): void {
    if (this.over) return
    // Node reports an RST right after data as an orderly end. Only the kernel knows the difference.
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
    // The socket and the wire drop their references to each other. Otherwise, one of them in the old generation of the
    // heap would keep the other alive until a full garbage collection (docs/performance-notes.md).
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

  // Node still delivers the queued bytes of a destroyed socket, and then its end.
  private give(bytes: Uint8Array): void {
    if (!this.over) this.handlers?.onData(bytes)
    if (this.isFailing && this.socket.readableLength === 0) this.socket.destroy()
  }

  unread(bytes: Uint8Array): void {
    this.readBefore = this.socket.bytesRead - bytes.length
    if (bytes.length > 0) this.socket.unshift(bytes)
  }

  /**
   * Hands over the socket to code that works on top of this wire, such as TLS. The handlers of this wire get no further
   * calls. `destroy` still destroys the socket.
   */
  release(): net.Socket {
    this.handlers = undefined
    return this.ended === undefined ? this.socket : new net.Socket().destroy()
  }

  /** Whether any byte was written or received. */
  private hasCarried(): boolean {
    return this.accepted > 0 || this.lower.bytesRead > 0
  }

  write(bytes: Uint8Array): boolean {
    if (this.over || this.ending) return true
    this.accepted += bytes.length
    // A callback for each completed write costs one tick of the event loop. After a write that the kernel takes at
    // once, all earlier bytes are taken too, so it needs no callback. With TLS, no write completes at once.
    this.hasCallback = this.waiting || this.wasFull || this.isSecured
    if (this.hasCallback) this.socket.write(bytes, this.written())
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
    // If both directions are done, close(2) alone sends the FIN. shutdown(2) before it would double the cost.
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
    // `resetAndDestroy` throws for a socket other than TCP. For TLS, the socket below the TLS socket sends RST.
    if (!this.knowsReset) this.socket.destroy()
    // While a shutdown(2) is in progress, libuv refuses the reset (EINVAL), and Node then never closes the socket.
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
    // Only the length of libuv's own queue shrinks with each partial write. TLS passes its bytes to the socket below in
    // one write, so for TLS only the queue of that socket shrinks.
    const below = this.isSecured ? queuedIn(this.lower) : 0
    return this.accepted - this.socket.writableLength - queuedIn(this.socket) - below
  }

  probe(keepalive: CheckedKeepalive): void {
    // `setKeepAlive` makes four system calls, so a new socket does not call it.
    const { count, idle, interval } = keepAliveSeconds(keepalive)
    const socket: KeepAliveSocket = this.socket
    socket.setKeepAlive(true, idle * 1000, interval * 1000, count)
  }

  isGone(): boolean {
    // The socket's `remoteAddress` shows nothing: Node asks the kernel once and caches the answer.
    const handle: unknown = Reflect.get(this.socket, "_handle")
    return typeof handle === "object" && handle !== null ? isPeerGone(handle) : this.socket.destroyed
  }

  bytesIn(): number {
    return this.socket.bytesRead - this.readBefore
  }

  bytesOut(): number {
    return this.accepted - this.queued
  }

  // Node's `write` returns `false` above its high-water mark. The result here is whether the kernel has taken all
  // bytes.
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

  /** Makes sure that {@link onWritten} runs when the kernel has taken all bytes. */
  private awaitTaken(): void {
    if (this.waiting) return
    this.waiting = true
    // The empty write queues behind the bytes that wait.
    if (!this.hasCallback) this.socket.write(nothing, this.written())
    this.hasCallback = true
  }

  private written(): (error?: Error | null) => void {
    this.onWrite ??= (error) => this.onWritten(error)
    return this.onWrite
  }

  private onWritten(error: Error | null | undefined): void {
    // Node reports the queued bytes of a broken socket as written.
    if (error || this.over || this.socket.destroyed) return
    this.queued = this.socket.writableLength
    if (this.waiting && this.queued === 0) {
      this.waiting = false
      this.handlers?.onDrain()
    }
  }
}
