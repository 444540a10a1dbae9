import type { Endpoint } from "../domain/index.ts"
import { canUseHandles, HandleWire } from "./node/handleWire.ts"
import type { SocketHandle } from "./node/nodeInside.ts"
import type { Wire } from "./Wire.ts"

// An accepted socket moves to another process as a handle of Node, which `child_process` passes with a message.

/** Whether sockets of this Node can move to another process. */
export const canHandOver = (): boolean => canUseHandles()

/** A socket on its way to another process. */
export interface HandedSocket {
  /** A value for `ChildProcess.send`. */
  readonly handle: unknown
  /** Received bytes that belong to the next owner of the socket. */
  readonly unread: Uint8Array | undefined
  /** Closes the socket in this process. */
  readonly close: () => void
}

const nothing = (): void => {}

/** Takes the socket out of a wire. The wire makes no further calls. Returns `undefined` if the wire has no handle. */
export const takeSocket = (wire: Wire): HandedSocket | undefined => {
  const detached = wire instanceof HandleWire ? wire.detach() : undefined
  if (detached === undefined) return undefined
  const { handle, putBack } = detached
  return { handle, unread: putBack, close: () => handle.close(nothing) }
}

/** The wire of a socket that another process has handed over. */
export const receivedWire = (
  handle: unknown,
  ends: { local: Endpoint; remote: Endpoint },
  unread?: Uint8Array,
): Wire => {
  // `ChildProcess.send` has passed the handle, so it is one of Node's.
  const wire = new HandleWire(handle as SocketHandle, ends.local, ends.remote)
  if (unread !== undefined) wire.unread(unread)
  return wire
}
