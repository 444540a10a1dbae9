import * as Effect from "effect/Effect"
import type { Wire, WireEnd, WireHandlers } from "../../src/transport/index.ts"

/** One end of a wire under test. It records its callbacks, and a test can wait for them. */
export class WireProbe implements WireHandlers {
  readonly wire: Wire
  /** The callbacks, in order. Consecutive data count once, and `drains` counts the drains. */
  readonly told: Array<"data" | "end" | "close"> = []
  readonly closes: Array<WireEnd> = []
  readonly chunks: Array<Uint8Array> = []
  received = 0
  drains = 0
  /** Called with each data, after the record. */
  onEachData: ((bytes: Uint8Array) => void) | undefined
  onEachEnd: (() => void) | undefined
  private waiters: Array<() => void> = []

  constructor(wire: Wire) {
    this.wire = wire
  }

  start(): this {
    this.wire.start(this)
    return this
  }

  onData(bytes: Uint8Array): void {
    this.chunks.push(bytes)
    this.received += bytes.length
    if (this.told.at(-1) !== "data") this.told.push("data")
    this.onEachData?.(bytes)
    this.notify()
  }

  onEnd(): void {
    this.told.push("end")
    this.onEachEnd?.()
    this.notify()
  }

  onDrain(): void {
    this.drains++
    this.notify()
  }

  onClose(end: WireEnd): void {
    this.closes.push(end)
    this.told.push("close")
    this.notify()
  }

  /** Waits until a callback makes the condition true. */
  until(condition: (probe: WireProbe) => boolean): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const check = () => {
        if (condition(this)) resume(Effect.void)
        else this.waiters.push(check)
      }
      check()
    })
  }

  get untilClosed(): Effect.Effect<void> {
    return this.until((probe) => probe.closes.length > 0)
  }

  hasEnded(): boolean {
    return this.told.includes("end")
  }

  bytes(): Uint8Array {
    return concat(this.chunks)
  }

  private notify(): void {
    const waiters = this.waiters
    this.waiters = []
    for (const waiter of waiters) waiter()
  }
}

export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** Pseudo-random bytes: a comparison finds each missing, doubled or moved piece. */
export const pattern = (length: number, seed = 1): Uint8Array => {
  // Writes four bytes at a time, because a loop over tens of millions of single bytes is slow.
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    // Only the high bits of the generator are random.
    // No byte is CR or 0xFF, so a Telnet connection carries the pattern unchanged.
    words[index] = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) & 0x7f7f7f7f) | 0x10101010
  }
  return new Uint8Array(words.buffer, 0, length)
}

/** The position of the first difference, or "same". This keeps the failure message of megabytes readable. */
export const firstDifference = (actual: Uint8Array, expected: Uint8Array): string => {
  if (actual.length !== expected.length) return `${actual.length} bytes instead of ${expected.length}`
  if (Buffer.compare(actual, expected) === 0) return "same"
  return `differs at ${actual.findIndex((byte, index) => byte !== expected[index])}`
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
