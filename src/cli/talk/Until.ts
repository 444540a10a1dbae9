import { escapeControls, formatMillis } from "../../domain/index.ts"

/** A condition that ends a conversation although the connection stays. */
export type Until =
  | {
      readonly _tag: "Quiet"
      /** How long neither side sends anything. */
      readonly millis: number
      /** Whether the time starts only after received data. Otherwise it also starts at the end of the input. */
      readonly needsReply: boolean
    }
  /** The number of received payload bytes. */
  | { readonly _tag: "Bytes"; readonly count: number }
  | { readonly _tag: "Frames"; readonly count: number }
  /** Received bytes. `shown` is their written form. */
  | { readonly _tag: "Text"; readonly bytes: Uint8Array; readonly shown: string }

/** The conditions that end a conversation although the connection stays. */
export interface Untils {
  readonly conditions: ReadonlyArray<Until>
  /** Whether a text may begin in one payload and end in the next one. */
  readonly joins: boolean
  /** Whether the condition is that of `--once`, for messages. */
  readonly isOnce: boolean
}

/**
 * Decides when the first of several conditions holds. It has no clock: the caller passes the time in milliseconds, and
 * asks {@link UntilState.dueAt} for the time at which the quiet is long enough.
 */
export class UntilState {
  private readonly conditions: ReadonlyArray<Until>
  private readonly searches: ReadonlyArray<{ readonly search: Search; readonly shown: string }>
  private readonly joins: boolean
  private bytes = 0
  private frames = 0
  private isInputOver = false
  /** The time of the last data in either direction, or of the end of the input. */
  private lastAt = 0

  /** `joins`: whether a text may begin in one payload and end in the next one, as in raw framing. */
  constructor(conditions: ReadonlyArray<Until>, joins: boolean) {
    this.conditions = conditions
    this.joins = joins
    this.searches = conditions.flatMap((one) =>
      one._tag === "Text" ? [{ search: new Search(one.bytes), shown: one.shown }] : [],
    )
  }

  /** Adds a received payload. Returns whether a condition holds. */
  received(payload: Uint8Array, now: number): boolean {
    this.bytes += payload.length
    this.frames++
    this.lastAt = now
    for (const { search } of this.searches) {
      if (!this.joins) search.restart()
      search.push(payload)
    }
    return (
      this.searches.some(({ search }) => search.isFound) ||
      this.conditions.some(
        (one) =>
          (one._tag === "Bytes" && this.bytes >= one.count) || (one._tag === "Frames" && this.frames >= one.count),
      )
    )
  }

  /** This side has sent a payload, or has not sent all of it yet. */
  sent(now: number): void {
    this.lastAt = now
  }

  /** This side has sent all of its input. */
  inputEnded(now: number): void {
    this.isInputOver = true
    this.lastAt = now
  }

  /** The time at which a quiet is long enough if nothing happens until then. Undefined if no quiet has begun. */
  dueAt(): number | undefined {
    const times = this.conditions.flatMap((one) => (this.isQuietBegun(one) ? [this.lastAt + one.millis] : []))
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /**
   * Whether a condition holds because the peer has sent FIN: after it, the peer is quiet for ever. The caller sends the
   * rest of the input.
   */
  holdsAtFin(): boolean {
    return this.conditions.some((one) => this.isQuietBegun(one))
  }

  /** The parts of the conditions that are missing, in words. */
  missing(): string {
    const texts = this.searches.map(({ shown }) => `no text "${escapeControls(shown)}" came`)
    const others = this.conditions.flatMap((one) => {
      if (one._tag === "Bytes") return [`${this.bytes} of ${one.count} bytes came`]
      if (one._tag === "Frames") return [`${this.frames} of ${one.count} frames came`]
      return one._tag === "Quiet" ? [`no quiet of ${formatMillis(one.millis)}`] : []
    })
    return [...texts, ...others].join(", ")
  }

  private isQuietBegun(one: Until): one is Extract<Until, { readonly _tag: "Quiet" }> {
    return one._tag === "Quiet" && (this.frames > 0 || (this.isInputOver && !one.needsReply))
  }
}

/**
 * Searches a text in a stream of bytes (Knuth, Morris and Pratt). It keeps no bytes of the stream, so a text is found
 * wherever the segments end.
 */
class Search {
  private readonly text: Uint8Array
  /** For each length of a matched beginning: the length of the longest shorter beginning that still matches. */
  private readonly fallbacks: ReadonlyArray<number>
  private matched = 0
  isFound = false

  constructor(text: Uint8Array) {
    this.text = text
    const fallbacks = [0, 0]
    for (let at = 1, length = 0; at < text.length; at++) {
      while (length > 0 && text[at] !== text[length]) length = fallbacks[length] ?? 0
      if (text[at] === text[length]) length++
      fallbacks.push(length)
    }
    this.fallbacks = fallbacks
  }

  restart(): void {
    this.matched = 0
  }

  push(bytes: Uint8Array): void {
    const { fallbacks, text } = this
    for (let at = 0; at < bytes.length && !this.isFound; at++) {
      while (this.matched > 0 && bytes[at] !== text[this.matched]) this.matched = fallbacks[this.matched] ?? 0
      if (bytes[at] === text[this.matched]) this.matched++
      this.isFound = this.matched === text.length
    }
  }
}
