import type * as net from "node:net"
import { getSystemErrorName } from "node:util"

// A write through Node's stream makes half a dozen objects and a tick of its own, which is what is left to save beside
// the system call (docs/performance.md). What the system takes at once needs none of that: the handle is handed the bytes,
// and only what it could not pass on is seen again. A Node whose handles differ writes as it always does.

/** What Node knows a write by that is under way. Its class is not exported: a write by Node itself shows it. */
interface WriteRequest {
  /** That of the write that is under way, else -1. */
  readonly getAsyncId: () => number
  /** How it ended, where that was within the call (Node 24). */
  writeStatus?: number | null
  oncomplete?: (this: WriteRequest, status: number) => void
  sink?: WriteSink
  /** So that they are not collected while the system has yet to take them. */
  bytes?: Uint8Array
}

/** What the system knows a socket by; not in the types of Node. */
interface Handle {
  /** Up to Node 22 it uses a request that it is given; from 24 on it gives one, and only where it has to. */
  writeBuffer?: (request: WriteRequest | null, bytes: Uint8Array) => WriteRequest | number
}

type WritableHandle = Required<Handle>

/** Told what has become of bytes that had to wait. */
export interface WriteSink {
  /** Without a code, the system has taken them. */
  readonly onWritten: (code: string | undefined) => void
}

type Write = (handle: WritableHandle, bytes: Uint8Array, sink: WriteSink) => string

let write: Write | undefined

/** Looks at what Node hands over when this handle is written to next. */
const learnFrom = (handle: Handle): void => {
  handle.writeBuffer = (request, bytes) => {
    // Its prototype's again.
    Reflect.deleteProperty(handle, "writeBuffer")
    if (request === null) write = writeForAnswer
    else if (typeof request.getAsyncId === "function") write = writeWith(request.constructor as new () => WriteRequest)
    return handle.writeBuffer?.(request, bytes) ?? 0
  }
}

const writeForAnswer: Write = (handle, bytes, sink) => {
  const answer = handle.writeBuffer(null, bytes)
  if (typeof answer === "number") return outcomeOf(answer)
  return typeof answer.writeStatus === "number" ? outcomeOf(answer.writeStatus) : awaited(answer, bytes, sink)
}

const writeWith = (Request: new () => WriteRequest): Write => {
  // For the next write: one that the system takes at once leaves it as it was.
  let spare: WriteRequest | undefined
  return (handle, bytes, sink) => {
    const request = spare ?? new Request()
    spare = undefined
    const status = handle.writeBuffer(request, bytes)
    if (typeof status === "number" && status < 0) return outcomeOf(status)
    if (request.getAsyncId() >= 0) return awaited(request, bytes, sink)
    spare = request
    return "taken"
  }
}

const awaited = (request: WriteRequest, bytes: Uint8Array, sink: WriteSink): string => {
  request.bytes = bytes
  request.sink = sink
  request.oncomplete = onComplete
  return "waits"
}

function onComplete(this: WriteRequest, status: number): void {
  this.sink?.onWritten(status < 0 ? getSystemErrorName(status) : undefined)
}

const outcomeOf = (status: number): string => (status < 0 ? getSystemErrorName(status) : "taken")

/**
 * Writes to a socket that has nothing waiting and is not corked. `taken`: the system has all of it. `waits`: it has not,
 * and `sink` is told. `unable`: nothing was written, as this socket, or this Node, has to be written to by its stream.
 * Anything else is the code of the error that it met.
 */
export const writeDirectly = (socket: net.Socket, bytes: Uint8Array, sink: WriteSink): string => {
  // A plain property: `Reflect` would cost a call out of compiled code.
  const handle = (socket as { readonly _handle?: Handle | null })._handle
  if (handle?.writeBuffer === undefined) return "unable"
  if (write !== undefined) return write(handle as WritableHandle, bytes, sink)
  learnFrom(handle)
  return "unable"
}
