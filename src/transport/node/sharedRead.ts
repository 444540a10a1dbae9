import type * as net from "node:net"
import { inside } from "./nodeInside.ts"

// Node gives each read a buffer of 64 KiB, a backing store and a turn through the queue of its stream. All handles read
// into one buffer instead: a read is over, and its bytes are copied, before the next read begins
// (docs/performance-notes.md).

const size = 65_536

/** The buffer that all handles read into. */
export const shared = Buffer.allocUnsafeSlow(size)

/** Copies the bytes of a read out of the shared buffer. */
export const copyOfRead = (length: number): Uint8Array => {
  const bytes = Buffer.allocUnsafe(length)
  shared.copy(bytes, 0, 0, length)
  return bytes
}

function onRead(this: net.Socket, length: number): boolean {
  return this.push(copyOfRead(length))
}

/** Makes a socket push copies of its reads to its stream, because its handle goes on reading into the shared buffer. */
export const keepShared = (socket: net.Socket): void => {
  if (inside !== undefined) Object.assign(socket, { [inside.buffer]: shared, [inside.callback]: onRead })
}
