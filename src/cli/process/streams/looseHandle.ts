// biome-ignore lint/style/noRestrictedImports: Node has libuv's streams for any descriptor in this module alone; no socket of a peer is touched.
import * as net from "node:net"

/** The part of a libuv stream in Node that works on any descriptor; not in the types of Node. */
export interface LooseHandle {
  readonly open: (fd: number) => number
  /** Sets or clears O_NONBLOCK of the open file description. */
  readonly setBlocking: (on: boolean) => number
  readonly readStart: () => number
  readonly readStop: () => number
  readonly useUserBuffer: (buffer: Uint8Array) => void
  /** Bytes that libuv has not written yet. */
  readonly writeQueueSize: number
  onread: unknown
}

type HandleClass = new (kind: 0) => LooseHandle

// Node exports no handle, but a socket that is about to connect has one. This socket is destroyed before it does.
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
 * A TCP handle of libuv on a descriptor of any kind that epoll(7) takes: `uv_tcp_open` does not look at the kind, and
 * unlike a pipe handle it reports the end of a pipe's reader on the write end. Sets O_NONBLOCK. None with a Node whose
 * handles are unknown here.
 */
export const openHandle = (fd: number): LooseHandle | undefined => {
  found ??= { handle: findClass() }
  if (found.handle === undefined) return undefined
  const handle = new found.handle(0)
  return handle.open(fd) === 0 ? handle : undefined
}

/** A stream of Node on a descriptor of our own, and its handle where handles are known. */
export interface OwnStream {
  readonly socket: net.Socket
  readonly handle: LooseHandle | undefined
}

/** Opens a stream that writes to a descriptor, which it owns from then on. */
export const openStream = (fd: number, readable: boolean): OwnStream => {
  const handle = openHandle(fd)
  if (handle === undefined) return { socket: new net.Socket({ fd, readable: false, writable: true }), handle }
  // A handle is an option of Node's that is not in its types.
  return { socket: Reflect.construct(net.Socket, [{ handle, readable, writable: true }]), handle }
}

/**
 * Runs one system call on a shared descriptor without blocking. O_NONBLOCK is set for the time of that call only, as
 * other programs that share the description would fail with EAGAIN.
 */
export const withoutBlocking = <A>(handle: LooseHandle | undefined, call: () => A): A => {
  handle?.setBlocking(false)
  try {
    return call()
  } finally {
    handle?.setBlocking(true)
  }
}

/** A handle that serves only {@link withoutBlocking}; none if the description is non-blocking anyway. */
export const openShared = (descriptor: { readonly fd: number; readonly nonBlocking: boolean }) => {
  if (descriptor.nonBlocking) return undefined
  const handle = openHandle(descriptor.fd)
  handle?.setBlocking(true)
  return handle
}
