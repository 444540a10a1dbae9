import { errorCode } from "../../domain/errorCode.ts"
import type { LentReads } from "../../runtime/LentReads.ts"
import type { NodeInside, SocketHandle } from "./nodeInside.ts"
import { copyOfRead, shared } from "./sharedRead.ts"

/** Told what was read from a handle. */
export interface HandleSink {
  readonly onRead: (bytes: Uint8Array) => void
  /** The peer's FIN. */
  readonly onReadEnd: () => void
  readonly onReadFailed: (code: string) => void
}

/** Stands where a handle expects its stream. */
export interface StreamFace {
  /** Cut off at the end: one that has grown old enough for a full collection would keep all that it leads to. */
  sink: HandleSink | undefined
  /** Reads into these buffers from the next read on. */
  readonly readLarge: (reads: LentReads) => void
}

/** Has a handle read for a sink, into the buffer that all share, from `readStart` on. */
export type ReadHandle = (handle: SocketHandle, sink: HandleSink) => StreamFace

const nothing = (): void => {}

/** What Node asks of a stream that it reads for: just as much as that. */
export const readerOf = ({ asked, buffer, callback, nextBuffer, onread, owner }: NodeInside): ReadHandle => {
  class Face implements StreamFace {
    sink: HandleSink | undefined

    constructor(sink: HandleSink) {
      this.sink = sink
    }

    /** Nothing is pushed but the end, as what was read is told by the callback. */
    push(): boolean {
      this.sink?.onReadEnd()
      return true
    }

    destroy(error: unknown): void {
      this.sink?.onReadFailed(errorCode(error))
    }

    readLarge(reads: LentReads): void {
      const onLargeRead = (length: number, buffer: Uint8Array): boolean => {
        this.sink?.onRead(reads.taken(length, buffer))
        return true
      }
      Object.assign(this, { [callback]: onLargeRead, [nextBuffer]: reads.nextBuffer })
    }
  }
  const onRead = function (this: Face, length: number): boolean {
    this.sink?.onRead(copyOfRead(length))
    return true
  }
  Object.assign(Face.prototype, { destroyed: false, _readableState: { endEmitted: false }, read: nothing, on: nothing })
  Object.assign(Face.prototype, Object.fromEntries(asked.map((key) => [key, nothing])))
  Object.assign(Face.prototype, { [buffer]: shared, [nextBuffer]: null, [callback]: onRead })
  return (handle, sink) => {
    const face = new Face(sink)
    handle[owner] = face
    handle.onread = onread
    handle.useUserBuffer(shared)
    return face
  }
}
