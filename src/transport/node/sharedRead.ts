import type * as net from "node:net"
import type { LentReads } from "../../runtime/LentReads.ts"
import { inside, type SocketHandle } from "./nodeInside.ts"

// Node gives each read a buffer of 64 KiB, a backing store and a turn through its stream's own queue. A socket that is
// made with `onread` reads into one buffer instead, which here is the same for all: a read is over, and what it gave is
// copied, before the next begins. Node takes that option from who dials, not from who listens, so it is set where Node
// keeps it (docs/performance-notes.md).

const size = 65_536

/** What all sockets read into. */
export const shared = Buffer.allocUnsafeSlow(size)

/** A copy of its own of what a read gave. */
export const copyOfRead = (length: number): Uint8Array => {
  const bytes = Buffer.allocUnsafe(length)
  shared.copy(bytes, 0, 0, length)
  return bytes
}

const taker = Symbol("tcpfx/sharedRead")

/** A socket with the slots of `onread`, and who takes what it reads. */
type Slotted = net.Socket & {
  readonly _handle?: SocketHandle | null
  [taker]: ReadSink
  [slot: symbol]: unknown
}

/** Takes what was read. `false`: nothing more, until the socket is resumed. */
export interface ReadSink {
  readonly onRead: (bytes: Uint8Array) => boolean
}

const onRead = function (this: Slotted, length: number): boolean {
  return this[taker].onRead(copyOfRead(length))
}

/**
 * Has a socket read into the buffer that all share; `sink` gets a copy of its own of what each read gave. `false`: this
 * socket, or this Node, cannot.
 */
export const readShared = (socket: net.Socket, sink: ReadSink): boolean => {
  const handle = (socket as Slotted)._handle
  if (handle?.useUserBuffer === undefined || !keepShared(socket, sink)) return false
  handle.useUserBuffer(shared)
  return true
}

/** The same of a socket whose handle reads into that buffer already. */
export const keepShared = (socket: net.Socket, sink: ReadSink): boolean => {
  if (inside === undefined) return false
  // Plain properties: `Reflect` would cost a call out of compiled code for each.
  const slotted = socket as Slotted
  slotted[inside.buffer] = shared
  slotted[inside.callback] = onRead
  slotted[taker] = sink
  return true
}

/** Has a socket that {@link readShared} accepted read into large buffers from the next read on. */
export const readLarge = (socket: net.Socket, sink: ReadSink, reads: LentReads): void => {
  if (inside === undefined) return
  const slotted = socket as Slotted
  slotted[inside.callback] = (length: number, buffer: Uint8Array) => sink.onRead(reads.taken(length, buffer))
  slotted[inside.nextBuffer] = reads.nextBuffer
}
