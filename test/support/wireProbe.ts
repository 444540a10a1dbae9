import * as Effect from "effect/Effect"
import type { Wire, WireEnd, WireHandlers } from "../../src/transport/index.ts"

/** One end of a wire under test: it notes everything that it is told, and lets a test wait for it. */
export class WireProbe implements WireHandlers {
  readonly wire: Wire
  /** What came, in order; several data in a row count once, drains are counted apart. */
  readonly told: Array<"data" | "end" | "close"> = []
  readonly closes: Array<WireEnd> = []
  readonly chunks: Array<Uint8Array> = []
  received = 0
  drains = 0
  /** Called with each data, after it was noted. */
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

  /** Waits until something that it was told makes the condition true. */
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

/** Bytes whose order shows: a piece that is missing, doubled or moved changes the whole. */
export const pattern = (length: number, seed = 1): Uint8Array => {
  // Four bytes at a time: a loop over each of tens of millions of bytes costs a noticeable part of a test.
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    // The high bits of the generator are the random ones.
    words[index] = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
  }
  return new Uint8Array(words.buffer, 0, length)
}

/** The position of the first difference, or "same": a readable failure for megabytes. */
export const firstDifference = (actual: Uint8Array, expected: Uint8Array): string => {
  if (actual.length !== expected.length) return `${actual.length} bytes instead of ${expected.length}`
  if (Buffer.compare(actual, expected) === 0) return "same"
  return `differs at ${actual.findIndex((byte, index) => byte !== expected[index])}`
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
