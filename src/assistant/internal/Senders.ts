/** What sent a payload, where that was no user: a rule, a repeat, a macro, the mode. */
export class Senders {
  private readonly isWanted: () => boolean
  private readonly always = new Map<Uint8Array, string>()
  private readonly once = new WeakMap<Uint8Array, string>()

  /** `isWanted`: whether the log records. While it does not, no name is kept. */
  constructor(isWanted: () => boolean) {
    this.isWanted = isWanted
  }

  /** A payload that is sent many times, always by the same. */
  keep(payload: Uint8Array, by: string): void {
    this.always.set(payload, by)
  }

  /** A payload that is about to be sent. */
  set(payload: Uint8Array, by: string): void {
    if (by !== "" && this.isWanted()) this.once.set(payload, by)
  }

  /** What sent a payload; empty for a user. It is asked once for each sending. */
  take(payload: Uint8Array): string {
    const by = this.once.get(payload)
    if (by === undefined) return this.always.get(payload) ?? ""
    // The table would keep its memory until all of the heap is collected.
    this.once.delete(payload)
    return by
  }
}
