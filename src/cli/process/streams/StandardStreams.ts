import { type Descriptor, inspect, openAnew } from "./descriptor.ts"
import { FileSink } from "./FileSink.ts"
import { InputReader } from "./InputReader.ts"
import { LoopSink } from "./LoopSink.ts"
import { openShared } from "./looseHandle.ts"
import { Output, type OutputOptions } from "./Output.ts"
import { PollSink } from "./PollSink.ts"
import type { Sink } from "./Sink.ts"
import * as terminals from "./terminals.ts"

// The number of bytes that may be queued before writers wait. The bound of a terminal is small, because after a pause
// (Ctrl-S) its user wants to see current events.
const terminalBound = 64 * 1024
const otherBound = 1024 * 1024
const messageBound = 256 * 1024

const describeDropped = (messages: number, bytes: number): string =>
  `tcpfx: ${messages} message${messages === 1 ? "" : "s"} (${bytes} bytes) dropped here: they could not be written\n`

const sinkOf = (descriptor: Descriptor, fds: ReadonlyArray<number>): Sink | string => {
  const { fd, kind, writable } = descriptor
  if (!writable) return "EBADF"
  if (kind === "folder") return "EISDIR"
  if (kind === "file") return new FileSink(descriptor, fds)
  const own = kind === "socket" ? "ENXIO" : openAnew(fd, "write")
  // A non-blocking open of a pipe for writing fails without a reader (fifo(7)).
  if (own === "ENXIO" && kind === "pipe") return "EPIPE"
  if (typeof own === "string") return new PollSink(fd, openShared(descriptor), kind === "socket")
  return kind === "device" ? new PollSink(own, undefined, false) : new LoopSink(own, kind === "pipe")
}

/**
 * Standard input, output and error of the process. Node's own streams, such as `process.stdout`, are never used: they
 * make pipes non-blocking for all programs that share them, and block on a stopped terminal.
 */
export class StandardStreams {
  readonly input: Descriptor
  readonly output: Descriptor
  readonly error: Descriptor
  readonly reader: InputReader
  readonly out: Output
  /** The same as {@link out} if both are the same file, pipe or terminal. */
  readonly err: Output

  constructor() {
    this.input = inspect(0)
    this.output = inspect(1)
    this.error = inspect(2)
    terminals.closeGoneOnExit([this.input, this.output, this.error])
    const together = this.output.identity === this.error.identity && this.output.writable
    const open = (
      descriptor: Descriptor,
      fds: ReadonlyArray<number>,
      options: Pick<OutputOptions, "survivesFullDisk">,
    ) =>
      new Output({
        ...options,
        sink: sinkOf(descriptor, fds),
        bound: descriptor.kind === "terminal" ? terminalBound : otherBound,
        messageBound,
        describeDropped,
      })
    this.reader = new InputReader(this.input)
    this.out = open(this.output, together ? [1, 2] : [1], { survivesFullDisk: false })
    this.err = together ? this.out : open(this.error, [2], { survivesFullDisk: true })
  }

  /** The outputs, without repetition. */
  outputs(): ReadonlyArray<Output> {
    return this.out === this.err ? [this.out] : [this.out, this.err]
  }

  /** Whether standard output or error is a regular file, which can be opened again. */
  hasFile(): boolean {
    return this.output.kind === "file" || this.error.kind === "file"
  }

  /** Whether a descriptor is the same socket as standard input, as under inetd. */
  isInput({ identity }: Descriptor): boolean {
    return this.input.kind === "socket" && identity === this.input.identity
  }

  /** Whether standard output was a terminal that has hung up. */
  isTerminalGone(): boolean {
    return terminals.isGone(this.output)
  }
}
