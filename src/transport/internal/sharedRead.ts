import * as net from "node:net"

// Node gives each read a buffer of 64 KiB, a backing store and a turn through its stream's own queue. A socket that is
// made with `onread` reads into one buffer instead, which here is the same for all: a read is over, and what it gave is
// copied, before the next begins. Node takes that option from who dials, not from who listens, so where a socket keeps
// it is learnt from one that has it (docs/performance.md). A Node that keeps it elsewhere reads as before.

const size = 65_536
const shared = Buffer.allocUnsafeSlow(size)

interface Slots {
  readonly buffer: symbol
  readonly callback: symbol
}

/** Where a socket keeps the buffer and the callback of `onread`. */
const findSlots = (): Slots | undefined => {
  const callback = () => true
  // In its documentation, and not in its types.
  const options: net.SocketConstructorOpts & { readonly onread: net.OnReadOpts } = {
    onread: { buffer: shared, callback },
  }
  const probe = new net.Socket(options)
  const slotOf = (value: unknown) =>
    Object.getOwnPropertySymbols(probe).find((key) => Reflect.get(probe, key) === value)
  const slots = { buffer: slotOf(shared), callback: slotOf(callback) }
  probe.destroy()
  return slots.buffer === undefined || slots.callback === undefined
    ? undefined
    : { buffer: slots.buffer, callback: slots.callback }
}

const slots = findSlots()

const taker = Symbol("tcpfx/sharedRead")

/** A socket with the slots of `onread`, and who takes what it reads. */
type Slotted = net.Socket & {
  [taker]: ReadSink
  [slot: symbol]: unknown
}

/** What the system knows the socket by; not in the types of Node. */
interface Handle {
  readonly useUserBuffer?: (buffer: Uint8Array) => void
}

/** Takes what was read. `false`: nothing more, until the socket is resumed. */
export interface ReadSink {
  readonly onRead: (bytes: Uint8Array) => boolean
}

const onRead = function (this: Slotted, length: number): boolean {
  const bytes = Buffer.allocUnsafe(length)
  shared.copy(bytes, 0, 0, length)
  return this[taker].onRead(bytes)
}

/**
 * Has a socket read into the buffer that all share; `sink` gets a copy of its own of what each read gave. `false`: this
 * socket, or this Node, cannot.
 */
export const readShared = (socket: net.Socket, sink: ReadSink): boolean => {
  if (slots === undefined) return false
  // Plain properties: `Reflect` would cost a call out of compiled code for each.
  const slotted = socket as Slotted & { readonly _handle?: Handle | null }
  const handle = slotted._handle
  if (handle?.useUserBuffer === undefined) return false
  slotted[slots.buffer] = shared
  slotted[slots.callback] = onRead
  slotted[taker] = sink
  handle.useUserBuffer(shared)
  return true
}
