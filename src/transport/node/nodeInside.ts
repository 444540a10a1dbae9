import * as net from "node:net"

// Node's sockets are streams. For a short connection, the stream costs more than the system calls. The handle below the
// stream can be read and written directly (docs/performance-notes.md), but Node does not document how. This file learns
// it once, from sockets on a fake handle: the fake handle records what a socket sets on it and passes to it. If a
// version of Node behaves otherwise, its sockets are used as streams.

/** Node's object for a write in progress. */
export interface WriteRequest {
  /** The async id while the write is in progress, otherwise -1. */
  readonly getAsyncId: () => number
  /** The result of a write that ended within the call (Node 24). */
  writeStatus?: number | null
  oncomplete?: (this: WriteRequest, status: number) => void
  sink?: WriteSink
  /** Keeps the bytes alive until the kernel has taken them. */
  payload?: Payload
}

/** Node's object for a shutdown(2) in progress. */
export interface ShutdownRequest {
  oncomplete?: (this: ShutdownRequest, status: number) => void
  sink?: ShutdownSink
}

/** The callback for bytes that the kernel did not take at once. */
export interface WriteSink {
  /** The kernel has taken the bytes, or the write has failed with `code`. */
  readonly onWritten: (code: string | undefined) => void
}

/** The callback at the end of a shutdown(2), also of a failed one. */
export interface ShutdownSink {
  readonly onShutDown: () => void
}

/** The bytes of one write: whole, or in parts (writev(2)). */
export type Payload = Uint8Array | ReadonlyArray<Uint8Array>

/** The address that a handle fills in. */
export interface HandleName {
  address?: string
  port?: number
}

/** Node's private object for a socket of the kernel. The types of Node do not have it. */
export interface SocketHandle {
  onread?: unknown
  readonly writeQueueSize: number
  /** The descriptor; absent on a platform without descriptors. */
  readonly fd?: number
  readonly readStart: () => number
  readonly readStop: () => number
  readonly useUserBuffer: (buffer: Uint8Array) => void
  /**
   * Up to Node 22, the caller passes a request. From Node 24 on, the handle returns one, and only if the write has to
   * wait.
   */
  readonly writeBuffer: (request: WriteRequest | null, bytes: Uint8Array) => WriteRequest | number
  readonly writev: (
    request: WriteRequest | null,
    parts: ReadonlyArray<Uint8Array>,
    areBytes: true,
  ) => WriteRequest | number
  readonly shutdown: (request: ShutdownRequest) => number
  readonly close: (done: (this: SocketHandle) => void) => void
  // For TCP only.
  readonly reset?: (done: (this: SocketHandle) => void) => number
  readonly getsockname?: (name: HandleName) => number
  readonly getpeername?: (name: HandleName) => number
  readonly setNoDelay?: (on: boolean) => number
  /** An older Node ignores the interval and the count (`canSetKeepaliveProbes`). */
  readonly setKeepAlive?: (on: boolean, afterSeconds: number, intervalSeconds: number, count: number) => number
  [key: symbol]: unknown
}

/** The private parts of Node that this folder uses. */
export interface NodeInside {
  /** The key under which a handle keeps its stream. */
  readonly owner: symbol
  /**
   * The function that a handle calls after each read. It uses the members of the stream that the following keys name.
   */
  readonly onread: unknown
  /**
   * The keys under which a stream keeps the parts of its option `onread`: the buffer, the function that gives the next
   * buffer, and the callback.
   */
  readonly buffer: symbol
  readonly nextBuffer: symbol
  readonly callback: symbol
  /** The other symbols that Node may read from a stream. */
  readonly asked: ReadonlyArray<symbol>
  /** The class of write requests. Absent if handles return the requests. */
  readonly Write: (new () => WriteRequest) | undefined
  readonly Shutdown: new () => ShutdownRequest
}

/** A fake handle. It does nothing and records the requests of its stream. */
class MadeUpHandle {
  write: WriteRequest | null | undefined
  shutdownRequest: ShutdownRequest | undefined
  onread: unknown

  readStart(): number {
    return 0
  }

  readStop(): number {
    return 0
  }

  useUserBuffer(): void {}

  getAsyncId(): number {
    return 0
  }

  writeBuffer(request: WriteRequest | null): number {
    this.write = request
    return 0
  }

  shutdown(request: ShutdownRequest): number {
    this.shutdownRequest = request
    return 0
  }

  close(): void {}
}

const isFunction = (value: unknown): value is (...args: never) => unknown => typeof value === "function"

type Class<T extends object> = new () => T

const classOf = <T extends object>(made: T): Class<T> => made.constructor as Class<T>

const keyOf = (object: object, value: unknown): symbol | undefined =>
  Object.getOwnPropertySymbols(object).find((key) => Reflect.get(object, key) === value)

// The members of a stream that `onread` uses, in all supported versions of Node.
const knownQuestions = new Set([
  ...["kUpdateTimer", "kBuffer", "kBufferCb", "kBufferGen", "kMaybeDestroy"],
  ...["destroyed", "destroy", "push", "read", "on", "_readableState"],
])

/** Whether `onread` uses no other members of a stream. Only then can another object replace the stream. */
export const asksOnlyWhatIsKnown = (onread: (...args: never) => unknown): boolean => {
  const questions = [...onread.toString().matchAll(/\bstream(?:\[(\w+)\]|\.(\w+))/g)].map(
    ([, key, name]) => key ?? name,
  )
  return questions.includes("push") && questions.every((name) => name !== undefined && knownQuestions.has(name))
}

/** Finds the private parts, from sockets of a class. */
const look = (Socket: Class<net.Socket>): NodeInside | undefined => {
  const bytes = new Uint8Array(1)
  const nextBytes = () => bytes
  const callback = () => true
  // The types of Node have neither option. `onread` is documented.
  const socketOn = (handle: MadeUpHandle, buffer: Uint8Array | (() => Uint8Array)): net.Socket =>
    Reflect.construct(Socket, [{ handle, onread: { buffer, callback } }])
  const handle = new MadeUpHandle()
  const socket = socketOn(handle, bytes)
  const next = socketOn(new MadeUpHandle(), nextBytes)
  const ending = new MadeUpHandle()
  socketOn(ending, bytes).end()
  socket.write(bytes)
  const owner = keyOf(handle, socket)
  const buffer = keyOf(socket, bytes)
  const nextBuffer = keyOf(next, nextBytes)
  const told = keyOf(socket, callback)
  const { onread, write } = handle
  const { shutdownRequest } = ending
  if (owner === undefined || buffer === undefined || nextBuffer === undefined || told === undefined) return undefined
  if (!isFunction(onread) || !asksOnlyWhatIsKnown(onread)) return undefined
  if (write === undefined || shutdownRequest === undefined) return undefined
  if (write !== null && typeof write.getAsyncId !== "function") return undefined
  return {
    owner,
    onread,
    buffer,
    nextBuffer,
    callback: told,
    asked: Object.getOwnPropertySymbols(Socket.prototype),
    Write: write === null ? undefined : classOf(write),
    Shutdown: classOf(shutdownRequest),
  }
}

/** The private parts that sockets of a class use; `undefined` if they are not as expected. */
export const learn = (Socket: Class<net.Socket>): NodeInside | undefined => {
  try {
    return look(Socket)
  } catch {
    return undefined
  }
}

/** The private parts of the running Node. */
export const inside: NodeInside | undefined = learn(net.Socket)
