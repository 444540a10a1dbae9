import type { Framing } from "../../domain/index.ts"

/**
 * A law does not hold for these reads. `law` names the broken law if it is not the law of the current check: every
 * check also tests `ends` and `memory`.
 */
export class Broken extends Error {
  readonly reads: ReadonlyArray<Uint8Array>
  readonly law: "ends" | "memory" | undefined

  constructor(problem: string, reads: ReadonlyArray<Uint8Array>, law?: "ends" | "memory") {
    super(problem)
    this.reads = reads
    this.law = law
  }
}

/** Formats bytes as hex digits. */
export const hexOf = (bytes: Uint8Array): string =>
  bytes.length === 0 ? "(empty)" : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

/** Calls a function of the framing. An exception from it breaks the law. */
export const guarded = <A>(what: string, reads: ReadonlyArray<Uint8Array>, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    if (error instanceof Broken) throw error
    throw new Broken(`${what} threw an error: ${messageOf(error)}`, reads)
  }
}

/** Feeds a decoder, records its runs, and checks the rules that hold in every law. */
export class Feeder implements Framing.RunSink {
  readonly runs: Array<Uint8Array> = []
  /** The number of bytes that the decoder has reported as skipped. */
  skipped = 0
  /** The number of bytes of an incomplete frame at the end. */
  left = 0
  failure: Framing.DecodeFailure | false | undefined
  private readonly framing: Framing.Framing
  private readonly decoder: Framing.FrameDecoder
  private readonly reads: ReadonlyArray<Uint8Array>
  private readonly copies: Array<Uint8Array> = []
  private received = 0

  /** If a law is broken, the report shows `reads`. */
  constructor(framing: Framing.Framing, maxFrameBytes: number, reads: ReadonlyArray<Uint8Array>) {
    this.framing = framing
    this.reads = reads
    this.decoder = guarded("decoder", reads, () => framing.decoder(maxFrameBytes))
  }

  /** Whether the decoder still accepts bytes. */
  goesOn(): boolean {
    return this.failure === undefined
  }

  push(read: Uint8Array): void {
    const chunk = read.slice()
    this.received += chunk.length
    const pushed = guarded("push", this.reads, () => this.decoder.push(chunk, this))
    if (pushed !== true) this.failure = pushed
    this.expect(sameBytes(chunk, read), "push changed the bytes of a read", "memory")
    if (pushed === true) this.checkPending()
  }

  end(): void {
    const before = this.decoder.pending()
    const [runs, skipped] = [this.runs.length, this.skipped]
    const left = guarded("end", this.reads, () => this.decoder.end(this))
    this.left = left
    const pending = this.decoder.pending()
    const isTold = left > 0 || this.runs.length > runs || this.skipped > skipped
    const problem = !(Number.isInteger(left) && left >= 0)
      ? `end returned ${left}, and it returns a number of bytes`
      : pending !== 0
        ? `after end, ${pending} bytes are pending`
        : left > before
          ? `end returned ${left} bytes of an incomplete frame, and ${before} bytes were pending`
          : `end lost ${before} pending bytes: it neither passed them on nor returned them`
    const holds = Number.isInteger(left) && left >= 0 && left <= before && pending === 0 && (before === 0 || isTold)
    this.expect(holds, problem, "ends")
  }

  /** Returns the payloads of all runs as hex digits. Checks that the runs and the payloads did not change. */
  payloads(): ReadonlyArray<string> {
    const kept: Array<Uint8Array> = []
    const payloads: Array<string> = []
    for (const [index, run] of this.runs.entries()) {
      const copy = this.copies[index] ?? run
      this.expect(
        sameBytes(run, copy),
        `the decoder changed the run ${hexOf(copy)} to ${hexOf(run)} after it had passed it on`,
        "memory",
      )
      guarded("payloads", this.reads, () =>
        this.framing.payloads(run, (payload) => {
          kept.push(payload)
          payloads.push(hexOf(payload))
        }),
      )
    }
    for (const [index, payload] of kept.entries()) {
      const [before, now] = [payloads[index], hexOf(payload)]
      this.expect(now === before, `a later frame changed the payload ${before} to ${now}`, "memory")
    }
    return payloads
  }

  onRun(run: Uint8Array): void {
    this.runs.push(run)
    this.copies.push(run.slice())
    this.expect(run.length > 0, "the decoder passed an empty run on")
    this.expect(this.runs.length <= this.received + 1, "the decoder passed more runs on than it got bytes")
  }

  onBytesSkipped(bytes: number): void {
    this.skipped += bytes
  }

  private checkPending(): void {
    const pending = this.decoder.pending()
    this.expect(
      pending >= 0 && pending <= this.received,
      `${pending} bytes are pending after ${this.received} received bytes`,
      "ends",
    )
  }

  private expect(holds: boolean, problem: string, law?: "ends" | "memory"): void {
    if (!holds) throw new Broken(problem, this.reads, law)
  }
}

/** Pushes the reads to a new decoder until the decoder fails. If it does not fail, ends it. */
export const feed = (framing: Framing.Framing, reads: ReadonlyArray<Uint8Array>, maxFrameBytes: number): Feeder => {
  const feeder = new Feeder(framing, maxFrameBytes, reads)
  for (const read of reads) if (feeder.goesOn()) feeder.push(read)
  if (feeder.goesOn()) feeder.end()
  return feeder
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at])

export const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Cuts bytes at some places. A place is a fraction of the length, from 0 to 1. No piece is empty. */
export const cutAt = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...new Set([...places.map((place) => Math.round(place * bytes.length)), bytes.length])]
  const pieces: Array<Uint8Array> = []
  let from = 0
  for (const end of ends.sort((a, b) => a - b)) {
    if (end > from) pieces.push(bytes.subarray(from, end))
    from = end
  }
  return pieces
}

/**
 * Several splits of the bytes into reads: one read, one byte per read, cut at all places, and cut at each single place.
 */
export const splitsOf = (
  bytes: Uint8Array,
  places: ReadonlyArray<number>,
): ReadonlyArray<ReadonlyArray<Uint8Array>> => [
  cutAt(bytes, []),
  Array.from(bytes, (byte) => Uint8Array.of(byte)),
  cutAt(bytes, places),
  ...places.map((place) => cutAt(bytes, [place])),
]
