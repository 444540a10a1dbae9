import * as Duration from "effect/Duration"
import { settings as check } from "../../domain/index.ts"
import type { Relay } from "./Relay.ts"

/** The behaviour of one direction between two hosts of a `VirtualNetwork`. */
export interface LinkOptions {
  /** The time from sending to arrival. Default 0: bytes arrive in a later turn of the event loop. */
  readonly latency?: Duration.DurationInput
  /** The speed of each connection in this direction, bytes per second. Default `Infinity`. */
  readonly bytesPerSecond?: number
  /**
   * The most bytes of one read: a number, or the least and the most of sizes that a generator with a seed chooses. 1 splits
   * everything into single bytes. Default: `Infinity`, the reads are the writes.
   */
  readonly chunkBytes?: number | readonly [least: number, most: number]
  /**
   * Bytes wait for this time, and all bytes that were sent meanwhile arrive as one read. `chunkBytes` still limits a read.
   * Default 0: each write is a read of its own.
   */
  readonly coalesce?: Duration.DurationInput
}

const size = check.limitOf("bytes")
const isSize = (value: unknown) => size.accepts(value)

/** The checks of the options of a link. */
export const linkChecks: check.SettingChecks<LinkOptions> = {
  latency: check.anyTime,
  bytesPerSecond: size,
  chunkBytes: {
    expected: `${size.expected}, or the least and the most of such numbers`,
    accepts: (value) =>
      isSize(value) || (Array.isArray(value) && value.length === 2 && value.every(isSize) && value[0] <= value[1]),
  },
  coalesce: check.anyTime,
}

/** A host of a `VirtualNetwork`. */
export interface VirtualHost {
  readonly name: string
  readonly address: string
  /** Whether bytes reach the programs of the host. */
  isReading: boolean
}

/** One direction between two hosts, with its behaviour now. */
export class Link {
  readonly to: VirtualHost
  latencyMillis = 0
  bytesPerSecond = Number.POSITIVE_INFINITY
  leastChunk = Number.POSITIVE_INFINITY
  mostChunk = Number.POSITIVE_INFINITY
  coalesceMillis = 0
  isParted = false
  /** The connections that use this direction. */
  readonly relays = new Set<Relay>()

  constructor(to: VirtualHost) {
    this.to = to
  }

  /** Sets the given options. */
  set({ bytesPerSecond, chunkBytes, coalesce, latency }: check.Checked<LinkOptions>): void {
    if (latency !== undefined) this.latencyMillis = Duration.toMillis(latency)
    if (coalesce !== undefined) this.coalesceMillis = Duration.toMillis(coalesce)
    if (bytesPerSecond !== undefined) this.bytesPerSecond = bytesPerSecond
    if (chunkBytes === undefined) return
    const [least, most] = typeof chunkBytes === "number" ? [chunkBytes, chunkBytes] : chunkBytes
    this.leastChunk = least
    this.mostChunk = most
  }
}
