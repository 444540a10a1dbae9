import { getSystemErrorName } from "node:util"
import {
  inside,
  type NodeInside,
  type Payload,
  type SocketHandle,
  type WriteRequest,
  type WriteSink,
} from "./nodeInside.ts"

// A write through Node's stream makes half a dozen objects and costs a tick of the event loop
// (docs/performance-notes.md). This file writes to the handle directly. Only bytes that the kernel does not take at
// once need a callback.

/**
 * Writes to a handle. The result `taken` means that the kernel has taken all bytes. `waits` means that some bytes wait,
 * and `sink` gets a callback. `unable` means that nothing was written, because the private parts of this Node are
 * unknown. Any other result is an error code.
 */
export type WriteToHandle = (handle: SocketHandle, payload: Payload, sink: WriteSink) => string

type Request = (handle: SocketHandle, request: WriteRequest | null, payload: Payload) => WriteRequest | number

const hand: Request = (handle, request, payload) =>
  payload instanceof Uint8Array ? handle.writeBuffer(request, payload) : handle.writev(request, payload, true)

const writeForAnswer: WriteToHandle = (handle, payload, sink) => {
  const answer = hand(handle, null, payload)
  if (typeof answer === "number") return outcomeOf(answer)
  return typeof answer.writeStatus === "number" ? outcomeOf(answer.writeStatus) : awaited(answer, payload, sink)
}

const writeWith = (Write: new () => WriteRequest): WriteToHandle => {
  // A request for the next write. A write that the kernel takes at once leaves its request unused.
  let spare: WriteRequest | undefined
  return (handle, payload, sink) => {
    const request = spare ?? new Write()
    spare = undefined
    const status = hand(handle, request, payload)
    if (typeof status === "number" && status < 0) return outcomeOf(status)
    if (request.getAsyncId() >= 0) return awaited(request, payload, sink)
    spare = request
    return "taken"
  }
}

const awaited = (request: WriteRequest, payload: Payload, sink: WriteSink): string => {
  request.payload = payload
  request.sink = sink
  request.oncomplete = onComplete
  return "waits"
}

function onComplete(this: WriteRequest, status: number): void {
  this.sink?.onWritten(status < 0 ? getSystemErrorName(status) : undefined)
}

const outcomeOf = (status: number): string => (status < 0 ? getSystemErrorName(status) : "taken")

const writeOf = (known: NodeInside | undefined): WriteToHandle => {
  if (known === undefined) return () => "unable"
  return known.Write === undefined ? writeForAnswer : writeWith(known.Write)
}

export const writeToHandle: WriteToHandle = writeOf(inside)
