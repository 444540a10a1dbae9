import type * as net from "node:net"
import { inside } from "./nodeInside.ts"

// For each read, Node allocates a buffer of 64 KiB with a backing store and passes the bytes through the queue of the
// stream. Here, all handles read into one buffer: a read has ended, and its bytes are copied, before the next read
// begins (docs/performance-notes.md).

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

/**
 * Makes a socket copy each read into its own stream, because the handle of the socket still reads into the shared
 * buffer.
 */
export const keepShared = (socket: net.Socket): void => {
  if (inside !== undefined) Object.assign(socket, { [inside.buffer]: shared, [inside.callback]: onRead })
}
