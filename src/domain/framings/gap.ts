import * as Duration from "effect/Duration"
import { BufferingDecoder } from "./BufferingDecoder.ts"
import type { FrameDecoder, RunSink, TotalFraming } from "./contract.ts"
import { owned } from "./partsOf.ts"

/**
 * A frame ends when the peer has sent nothing for the given time, as in Modbus RTU and other serial protocols. Frames
 * longer than `maxFrame` are split. The network and a busy process can delay bytes. So a pause of a few milliseconds is
 * unreliable, and the receiver's frames can differ from the sender's.
 *
 * @example
 * import { Framing } from "tcpfx/domain"
 *
 * assert.equal(Framing.gap("20 millis").name, "gap:20ms")
 */
export const gap = (pause: Duration.DurationInput): TotalFraming => {
  const millis = Duration.toMillis(pause)
  if (!(millis >= 1 && millis <= mostGapMillis)) {
    throw new RangeError(`a gap is from 1 ms to ${mostGapMillis / 1000} s, and not ${millis} ms`)
  }
  return owned({
    name: `gap:${millis}ms`,
    delimited: false,
    pause: Duration.millis(millis),
    decoder: (maxFrameBytes) => new GapDecoder(maxFrameBytes),
    encode: (payload) => payload,
    refuses: () => undefined,
    payloads: (wire, each) => each(wire),
    count: () => 1,
  })
}

/** The longest gap, milliseconds. */
export const mostGapMillis = 60_000

/** Buffers all bytes until `end`. The connection calls `end` after the pause. */
class GapDecoder extends BufferingDecoder implements FrameDecoder {
  private readonly maxFrameBytes: number
  /** The bytes of the frame while the frame consists of one read. These bytes need no copy. */
  private only: Uint8Array | undefined

  constructor(maxFrameBytes: number) {
    super(maxFrameBytes)
    this.maxFrameBytes = maxFrameBytes
  }

  override pending(): number {
    return this.only === undefined ? this.held : this.only.length
  }

  push(chunk: Uint8Array, sink: RunSink): true {
    let rest = chunk
    while (this.pending() + rest.length > this.maxFrameBytes) {
      const room = this.maxFrameBytes - this.pending()
      this.add(rest.subarray(0, room))
      rest = rest.subarray(room)
      this.end(sink)
    }
    this.add(rest)
    return true
  }

  end(sink: RunSink): number {
    const { only } = this
    this.only = undefined
    if (only !== undefined) sink.onRun(only)
    else if (this.held > 0) sink.onRun(this.take())
    return 0
  }

  private add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.pending() === 0) {
      this.only = bytes
      return
    }
    if (this.only !== undefined) {
      const first = this.only
      this.only = undefined
      this.append(first)
    }
    this.append(bytes)
  }
}
