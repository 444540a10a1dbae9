import * as net from "node:net"
import { getSystemErrorName } from "node:util"
import type { CheckedKeepalive, Endpoint } from "../../domain/index.ts"
import { LentReads } from "../../runtime/LentReads.ts"
import type { Wire, WireEnd, WireHandlers } from "../Wire.ts"
import { HandleOutput, type OutputOwner } from "./handleOutput.ts"
import { type HandleSink, type ReadHandle, readerOf, type StreamFace } from "./handleRead.ts"
import { keepAliveSeconds } from "./keepAlive.ts"
import { inside, type NodeInside, type ShutdownRequest, type ShutdownSink, type SocketHandle } from "./nodeInside.ts"
import { isPeerGone } from "./peerGone.ts"
import { keepShared } from "./sharedRead.ts"

// This file is longer than 300 lines because one class holds the states of a socket that depend on each other (reading,
// the peer's FIN, this side's FIN, reset, close). The independent parts are in handleOutput.ts and handleRead.ts.

// A handle finds its wire by this key. So all handles share one close callback.
const wire = Symbol("tcpfx/handleWire")

type WiredHandle = SocketHandle & { [wire]?: HandleWire | undefined }

function onHandleClosed(this: WiredHandle): void {
  this[wire]?.onHandleClosed()
}

function onShutdownComplete(this: ShutdownRequest): void {
  this.sink?.onShutDown()
}

/** The private parts of Node that a {@link HandleWire} needs. */
interface Ground {
  readonly read: ReadHandle
  readonly Shutdown: NodeInside["Shutdown"]
}

const groundOf = (known: NodeInside): Ground => ({ read: readerOf(known), Shutdown: known.Shutdown })

const ground = inside === undefined ? undefined : groundOf(inside)

/** Whether this Node supports a {@link HandleWire}. */
export const canUseHandles = (): boolean => ground !== undefined

/**
 * A socket as a wire without Node's stream: it reads and writes the handle directly. It behaves like {@link NodeWire}.
 * A short connection takes a quarter less time, and every connection 2 kB less memory.
 */
export class HandleWire implements Wire, HandleSink, OutputOwner, ShutdownSink {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** `undefined` after the close and after `release`. */
  private handle: WiredHandle | undefined
  private face: StreamFace | undefined
  private handlers: WireHandlers | undefined
  private ended: WireEnd | undefined
  private code: string | undefined
  private over = false
  // Reading
  private paused = false
  private reading = false
  private peerEnded = false
  private received = 0
  // The number of received bytes that `bytesIn` does not count, because they were delivered before the bytes that
  // `unread` put back.
  private receivedBefore = 0
  private putBack: Uint8Array | undefined
  private large: LentReads | undefined
  // Writing
  private readonly output: HandleOutput
  private ending = false
  private fin: "none" | "underWay" | "out" = "none"
  private resetsAfterFin = false
  private released: net.Socket | undefined

  constructor(handle: SocketHandle, local: Endpoint, remote: Endpoint) {
    this.handle = handle
    this.output = new HandleOutput(handle, this)
    this.local = local
    this.remote = remote
    this.handle[wire] = this
  }

  start(handlers: WireHandlers): void {
    if (this.ended !== undefined) {
      handlers.onClose(this.ended)
      return
    }
    const isHandedOver = this.handlers !== undefined
    this.handlers = handlers
    if (this.peerEnded) handlers.onEnd()
    if (isHandedOver) return
    if (this.putBack === undefined) this.read()
    else process.nextTick(readOn, this)
  }

  unread(bytes: Uint8Array): void {
    // These bytes come before bytes that were put back earlier.
    this.putBack = this.putBack === undefined ? bytes : Buffer.concat([bytes, this.putBack])
    this.receivedBefore = this.received - this.putBack.length
  }

  /**
   * Hands over the socket as a stream of Node, to code that works on top of this wire, such as TLS. The handlers of
   * this wire get no further calls. `destroy` still destroys the socket.
   */
  release(): net.Socket {
    const { face, handle, putBack } = this
    this.handlers = undefined
    if (this.over || handle === undefined) return new net.Socket().destroy()
    this.stopReading()
    this.over = true
    this.output.close()
    this.handle = undefined
    handle[wire] = undefined
    // Node accepts the option `handle`, but its types lack it.
    const options = { handle, allowHalfOpen: true, readable: true, writable: true }
    const socket: net.Socket = Reflect.construct(net.Socket, [options])
    // The handle keeps reading into the shared buffer.
    if (face !== undefined) keepShared(socket)
    if (putBack !== undefined) socket.unshift(putBack)
    this.released = socket
    return socket
  }

  /**
   * Gives up the handle, and the bytes that `unread` has put back. The caller must close the handle. Returns `undefined`
   * after the end of the wire.
   */
  detach(): { readonly handle: SocketHandle; readonly putBack: Uint8Array | undefined } | undefined {
    const { handle, putBack } = this
    if (this.over || handle === undefined) return undefined
    this.stopReading()
    this.over = true
    this.output.close()
    this.handle = undefined
    this.handlers = undefined
    handle[wire] = undefined
    return { handle, putBack }
  }

  // --- reading

  pause(): void {
    this.paused = true
    this.stopReading()
  }

  resume(): void {
    this.paused = false
    if (this.handlers === undefined) return
    // The bytes are delivered after this call returns, as all received bytes are.
    if (this.putBack === undefined) this.read()
    else process.nextTick(readOn, this)
  }

  /** Delivers the bytes that were put back, then continues to read. */
  readOn(): void {
    const { handlers, putBack } = this
    if (this.over || this.paused) return
    this.putBack = undefined
    if (putBack !== undefined && putBack.length > 0) handlers?.onData(putBack)
    this.read()
  }

  private read(): void {
    const { handle } = this
    if (this.reading || this.paused || this.peerEnded || this.over || handle === undefined) return
    this.face ??= this.faceOf(handle)
    const status = handle.readStart()
    if (status < 0) this.fail(getSystemErrorName(status))
    else this.reading = true
  }

  private faceOf(handle: SocketHandle): StreamFace | undefined {
    const face = ground?.read(handle, this)
    if (this.large !== undefined) face?.readLarge(this.large)
    return face
  }

  readLarge(bufferBytes: number): void {
    if (this.large !== undefined) return
    this.large = new LentReads(bufferBytes)
    this.face?.readLarge(this.large)
  }

  recycle(bytes: Uint8Array): void {
    this.large?.recycle(bytes)
  }

  private stopReading(): void {
    if (!this.reading) return
    this.reading = false
    this.handle?.readStop()
  }

  onRead(bytes: Uint8Array): void {
    if (this.over) return
    this.received += bytes.length
    this.handlers?.onData(bytes)
  }

  onReadEnd(): void {
    this.reading = false
    if (this.over) return
    // Node reports an RST right after data as an orderly end. Only the kernel knows the difference.
    if (!this.ending && this.received + this.output.accepted > 0 && this.knowsReset() && this.isGone()) {
      this.fail("ECONNRESET")
      return
    }
    this.peerEnded = true
    this.handlers?.onEnd()
    if (this.fin === "out") this.close()
  }

  onReadFailed(code: string): void {
    this.reading = false
    this.fail(code)
  }

  // --- writing

  write(bytes: Uint8Array): boolean {
    if (this.over || this.ending) return true
    this.output.write(bytes)
    return this.isTaken()
  }

  cork(): void {
    // After `end`, `write` queues nothing.
    if (!this.ending) this.output.cork()
  }

  uncork(): boolean {
    this.output.uncork()
    return this.isTaken()
  }

  private isTaken(): boolean {
    return this.over || this.output.isTaken()
  }

  onOutputTaken(): void {
    if (this.ending) this.sendFin()
    this.handlers?.onDrain()
  }

  onOutputFailed(code: string): void {
    this.fail(code)
  }

  // --- ending

  end(): boolean {
    this.ending = true
    if (this.over) return true
    this.output.flush()
    // If both directions are done, close(2) alone sends the FIN. shutdown(2) before it would double the cost. An owner
    // that waits for `onDrain` gets it first.
    const isDone = this.peerEnded && this.output.isTaken()
    if (isDone) this.close()
    else this.sendFin()
    return isDone
  }

  private sendFin(): void {
    const { handle } = this
    // The FIN waits until the kernel has taken all bytes: libuv would queue it behind them, and cannot reset a socket
    // with a queued FIN.
    if (this.fin !== "none" || this.output.untaken() > 0 || this.over || handle === undefined || ground === undefined)
      return
    this.fin = "underWay"
    const request = new ground.Shutdown()
    request.oncomplete = onShutdownComplete
    request.sink = this
    // shutdown(2) fails if the peer has reset the connection (ENOTCONN). Reading reports that end.
    if (handle.shutdown(request) !== 0) this.onShutDown()
  }

  onShutDown(): void {
    this.fin = "out"
    if (this.resetsAfterFin) this.resetNow()
    else if (this.peerEnded && !this.over) this.close()
  }

  destroy(): void {
    this.released?.destroy()
    this.close()
  }

  reset(): void {
    if (this.over) return
    // While a shutdown(2) is in progress, libuv refuses the reset (EINVAL), and Node then never closes the handle.
    if (this.fin === "underWay") {
      this.over = true
      this.output.close()
      this.resetsAfterFin = true
    } else this.resetNow()
  }

  private resetNow(): void {
    const { handle } = this
    this.over = true
    this.output.close()
    if (handle?.reset === undefined) handle?.close(onHandleClosed)
    else handle.reset(onHandleClosed)
  }

  private fail(code: string): void {
    if (this.over) return
    this.code ??= code
    this.close()
  }

  private close(): void {
    if (this.over) return
    this.over = true
    this.output.close()
    this.handle?.close(onHandleClosed)
  }

  onHandleClosed(): void {
    const { handlers, face, handle } = this
    this.ended = this.code === undefined ? {} : { code: this.code }
    // The handle, its `StreamFace` and the wire drop their references to each other. Otherwise, one of them in the old
    // generation of the heap would keep the others alive until a full garbage collection (docs/performance-notes.md).
    if (face !== undefined) face.sink = undefined
    if (handle !== undefined) handle[wire] = undefined
    this.face = undefined
    this.handle = undefined
    this.handlers = undefined
    this.putBack = undefined
    handlers?.onClose(this.ended)
  }

  // --- state

  pending(): number {
    return this.over ? 0 : this.output.untaken()
  }

  progress(): number {
    return this.output.progress()
  }

  probe(keepalive: CheckedKeepalive): void {
    if (this.over) return
    const { count, idle, interval } = keepAliveSeconds(keepalive)
    this.handle?.setKeepAlive?.(true, idle, interval, count)
  }

  private knowsReset(): boolean {
    return this.remote._tag === "Tcp"
  }

  isGone(): boolean {
    return this.handle === undefined || isPeerGone(this.handle)
  }

  bytesIn(): number {
    return this.received - this.receivedBefore
  }

  bytesOut(): number {
    return this.output.taken()
  }
}

const readOn = (one: HandleWire): void => one.readOn()
