import { errorCode } from "../../domain/errorCode.ts"
import type { LentReads } from "../../runtime/LentReads.ts"
import type { NodeInside, SocketHandle } from "./nodeInside.ts"
import { copyOfRead, shared } from "./sharedRead.ts"

/** The callbacks for the reads of a handle. */
export interface HandleSink {
  readonly onRead: (bytes: Uint8Array) => void
  /** The peer's FIN. */
  readonly onReadEnd: () => void
  readonly onReadFailed: (code: string) => void
}

/** The object that a handle gets in place of its stream. */
export interface StreamFace {
  /**
   * `undefined` after the end. Without this, a `StreamFace` in the old generation of the heap would keep its wire alive
   * until a full garbage collection.
   */
  sink: HandleSink | undefined
  /** From the next read on, the handle reads into these buffers. */
  readonly readLarge: (reads: LentReads) => void
}

/** Makes a handle read into the shared buffer, with callbacks to `sink`. Reading begins with `readStart`. */
export type ReadHandle = (handle: SocketHandle, sink: HandleSink) => StreamFace

const nothing = (): void => {}

/**
 * Makes the function that sets up a handle for reading. A `StreamFace` has exactly those members of a stream that Node
 * uses.
 */
export const readerOf = ({ asked, buffer, callback, nextBuffer, onread, owner }: NodeInside): ReadHandle => {
  class Face implements StreamFace {
    sink: HandleSink | undefined

    constructor(sink: HandleSink) {
      this.sink = sink
    }

    /** Node calls `push` only at the end of the stream, because the callback receives the bytes. */
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
