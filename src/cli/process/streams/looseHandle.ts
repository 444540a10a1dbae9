// biome-ignore lint/style/noRestrictedImports: only this module of Node has libuv's streams for any descriptor. No socket of a peer is involved.
import * as net from "node:net"

/** The part of a libuv stream handle in Node that works on any descriptor. Node's types do not include it. */
export interface LooseHandle {
  readonly open: (fd: number) => number
  /** Sets or clears O_NONBLOCK of the open file description. */
  readonly setBlocking: (on: boolean) => number
  readonly readStart: () => number
  readonly readStop: () => number
  readonly useUserBuffer: (buffer: Uint8Array) => void
  /** The number of bytes that libuv has not written yet. */
  readonly writeQueueSize: number
  onread: unknown
}

type HandleClass = new (kind: 0) => LooseHandle

// Node exports no handle class, but a connecting socket has a handle. This socket is destroyed before it connects.
const findClass = (): HandleClass | undefined => {
  const socket = new net.Socket()
  try {
    socket.connect({ host: "127.0.0.1", port: 1 })
    const handle: unknown = Reflect.get(socket, "_handle")
    if (typeof handle !== "object" || handle === null) return undefined
    const complete = ["open", "setBlocking", "readStart", "readStop", "useUserBuffer"].every(
      (method) => typeof Reflect.get(handle, method) === "function",
    )
    return complete ? (handle.constructor as HandleClass) : undefined
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

let found: { readonly handle: HandleClass | undefined } | undefined

/**
 * Opens a TCP handle of libuv on any descriptor that epoll(7) accepts. `uv_tcp_open` does not check the kind of the
 * descriptor. On the write end of a pipe, a TCP handle reports that the last reader has closed the pipe, and a pipe
 * handle does not. Sets O_NONBLOCK. Returns `undefined` if this Node does not have the expected handles.
 */
export const openHandle = (fd: number): LooseHandle | undefined => {
  found ??= { handle: findClass() }
  if (found.handle === undefined) return undefined
  const handle = new found.handle(0)
  return handle.open(fd) === 0 ? handle : undefined
}

/** A Node stream that owns its descriptor, and its handle if this Node has the expected handles. */
export interface OwnStream {
  readonly socket: net.Socket
  readonly handle: LooseHandle | undefined
}

/** Opens a stream that writes to a descriptor, and becomes its owner. */
export const openStream = (fd: number, readable: boolean): OwnStream => {
  const handle = openHandle(fd)
  if (handle === undefined) return { socket: new net.Socket({ fd, readable: false, writable: true }), handle }
  // Node's types do not include the option `handle`.
  return { socket: Reflect.construct(net.Socket, [{ handle, readable, writable: true }]), handle }
}

/**
 * Runs one system call on a shared descriptor without blocking. O_NONBLOCK is set only during that call, because other
 * programs that share the description would fail with EAGAIN.
 */
export const withoutBlocking = <A>(handle: LooseHandle | undefined, call: () => A): A => {
  handle?.setBlocking(false)
  try {
    return call()
  } finally {
    handle?.setBlocking(true)
  }
}

/** Opens a handle for {@link withoutBlocking}. Returns `undefined` if the description is already non-blocking. */
export const openShared = (descriptor: { readonly fd: number; readonly nonBlocking: boolean }) => {
  if (descriptor.nonBlocking) return undefined
  const handle = openHandle(descriptor.fd)
  handle?.setBlocking(true)
  return handle
}
