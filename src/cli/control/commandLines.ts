import { Framing } from "../../domain/index.ts"

const newline = 0x0a

/**
 * The framing of the control socket: command lines with a bounded length, and answers of any length. A line above the
 * limit does not close its connection. The decoder keeps the first bytes of the line, one more than the limit, so that
 * the server can detect and refuse the line.
 */
export const commandLines: Framing.Framing = {
  name: "command",
  decoder: (maxFrameBytes) => new CommandDecoder(maxFrameBytes),
  encode: Framing.line.encode,
  // The limit is for commands only: the answer to `state` grows with the number of connections.
  refuses: (payload) => Framing.line.refuses?.(payload, Number.POSITIVE_INFINITY),
  payloads: Framing.line.payloads,
  count: Framing.line.count,
}

class CommandDecoder implements Framing.FrameDecoder {
  private readonly line: Uint8Array
  private length = 0

  constructor(maxFrameBytes: number) {
    this.line = new Uint8Array(maxFrameBytes + 1)
  }

  push(chunk: Uint8Array, sink: Framing.RunSink): boolean {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.append(chunk.subarray(start, end))
      this.give(sink)
      start = end + 1
    }
    this.append(chunk.subarray(start))
    return true
  }

  end(sink: Framing.RunSink): number {
    if (this.length > 0) this.give(sink)
    return 0
  }

  pending(): number {
    return this.length
  }

  private append(bytes: Uint8Array): void {
    const fitting = bytes.subarray(0, this.line.length - this.length)
    this.line.set(fitting, this.length)
    this.length += fitting.length
  }

  private give(sink: Framing.RunSink): void {
    const run = Framing.line.encode(this.line.subarray(0, this.length))
    this.length = 0
    sink.onRun(run)
  }
}
