import type { FrameDecoder, RunSink, TotalFraming } from "./contract.ts"
import { owned } from "./partsOf.ts"

/**
 * Each read is a frame, and a read above `maxFrameBytes` becomes several frames. TCP does not preserve message
 * boundaries. So this framing is suitable for display and relaying, but not for protocols.
 */
export const raw: TotalFraming = owned({
  name: "raw",
  delimited: false,
  decoder: (maxFrameBytes) => new RawDecoder(maxFrameBytes),
  encode: (payload) => payload,
  refuses: () => undefined,
  payloads: (wire, each) => each(wire),
  count: () => 1,
})

class RawDecoder implements FrameDecoder {
  readonly maxFrameBytes: number

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  push(chunk: Uint8Array, sink: RunSink): boolean {
    const most = this.maxFrameBytes
    // The kernel, not the peer, decides how long a read is. So a long read is split and not refused.
    for (let at = 0; at < chunk.length; at += most) {
      sink.onRun(chunk.length <= most ? chunk : chunk.subarray(at, at + most))
    }
    return true
  }

  end(): number {
    return 0
  }

  pending(): number {
    return 0
  }
}
