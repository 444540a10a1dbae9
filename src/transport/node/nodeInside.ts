import * as net from "node:net"

// Node's sockets are streams, and a stream costs more than the system calls of a connection that comes, says a word and
// goes. What is below them, a handle, can be read and written by itself (docs/performance-notes.md), but Node shows nobody
// how. So it is learnt here, once, from sockets that stand on a made-up handle: what they set on it, and what they ask of
// it. A Node that does otherwise is left alone, and its sockets are used as they are.

/** What Node knows a write by that is under way. */
export interface WriteRequest {
  /** That of the write that is under way, else -1. */
  readonly getAsyncId: () => number
  /** How it ended, where that was within the call (Node 24). */
  writeStatus?: number | null
  oncomplete?: (this: WriteRequest, status: number) => void
  sink?: WriteSink
  /** So that it is not collected while the system has yet to take it. */
  payload?: Payload
}

/** What Node knows a FIN by that is under way. */
export interface ShutdownRequest {
  oncomplete?: (this: ShutdownRequest, status: number) => void
  sink?: ShutdownSink
}

/** Told what has become of bytes that had to wait. */
export interface WriteSink {
  /** Without a code, the system has taken them. */
  readonly onWritten: (code: string | undefined) => void
}

/** Told when FIN is out, or never will be. */
export interface ShutdownSink {
  readonly onShutDown: () => void
}

/** Bytes for one write, or for one with parts (writev(2)). */
export type Payload = Uint8Array | ReadonlyArray<Uint8Array>

/** An address as a handle fills it in. */
export interface HandleName {
  address?: string
  port?: number
}

/** What the system knows a socket by; not in the types of Node. */
export interface SocketHandle {
  onread?: unknown
  readonly writeQueueSize: number
  /** Its descriptor; none where sockets have other names. */
  readonly fd?: number
  readonly readStart: () => number
  readonly readStop: () => number
  readonly useUserBuffer: (buffer: Uint8Array) => void
  /** Up to Node 22 it uses a request that it is given; from 24 on it gives one, and only where it has to. */
  readonly writeBuffer: (request: WriteRequest | null, bytes: Uint8Array) => WriteRequest | number
  readonly writev: (
    request: WriteRequest | null,
    parts: ReadonlyArray<Uint8Array>,
    areBytes: true,
  ) => WriteRequest | number
  readonly shutdown: (request: ShutdownRequest) => number
  readonly close: (done: (this: SocketHandle) => void) => void
  // Of TCP alone.
  readonly reset?: (done: (this: SocketHandle) => void) => number
  readonly getsockname?: (name: HandleName) => number
  readonly getpeername?: (name: HandleName) => number
  readonly setNoDelay?: (on: boolean) => number
  readonly setKeepAlive?: (on: boolean, afterSeconds: number) => number
  [key: symbol]: unknown
}

/** How a Node keeps its sockets. */
export interface NodeInside {
  /** Where a handle keeps its stream. */
  readonly owner: symbol
  /** What a handle calls with what it has read. It asks the stream for the following. */
  readonly onread: unknown
  /** Where a stream keeps what `onread` was given: the buffer, what gives the next one, and who is told. */
  readonly buffer: symbol
  readonly nextBuffer: symbol
  readonly callback: symbol
  /** What every stream of its can be asked for besides. */
  readonly asked: ReadonlyArray<symbol>
  /** None where handles answer with requests. */
  readonly Write: (new () => WriteRequest) | undefined
  readonly Shutdown: new () => ShutdownRequest
}

/** A handle that does nothing, and notes what it is asked. */
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

// What a handle's reader asks of its stream, in all versions that are supported.
const knownQuestions = new Set([
  ...["kUpdateTimer", "kBuffer", "kBufferCb", "kBufferGen", "kMaybeDestroy"],
  ...["destroyed", "destroy", "push", "read", "on", "_readableState"],
])

/** Whether a reader asks nothing else of its stream, which somebody else may stand in for then. */
export const asksOnlyWhatIsKnown = (onread: (...args: never) => unknown): boolean => {
  const questions = [...onread.toString().matchAll(/\bstream(?:\[(\w+)\]|\.(\w+))/g)].map(
    ([, key, name]) => key ?? name,
  )
  return questions.includes("push") && questions.every((name) => name !== undefined && knownQuestions.has(name))
}

/** What sockets of a class show. */
const look = (Socket: Class<net.Socket>): NodeInside | undefined => {
  const bytes = new Uint8Array(1)
  const nextBytes = () => bytes
  const callback = () => true
  // Both options are Node's, and not in its types; `onread` is in its documentation.
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

/** How sockets of a class are kept; nothing if that is not known here. */
export const learn = (Socket: Class<net.Socket>): NodeInside | undefined => {
  try {
    return look(Socket)
  } catch {
    return undefined
  }
}

/** How the Node that runs this keeps its sockets. */
export const inside: NodeInside | undefined = learn(net.Socket)
