/** Remembers the senders of payloads that no user has sent: a rule, a repeat, a macro or the mode. */
export class Senders {
  private readonly isWanted: () => boolean
  private readonly always = new Map<Uint8Array, string>()
  private readonly once = new WeakMap<Uint8Array, string>()

  /** `isWanted` returns whether the log records. At other times, no names are kept. */
  constructor(isWanted: () => boolean) {
    this.isWanted = isWanted
  }

  /** Remembers the sender of a payload for all its sends. */
  keep(payload: Uint8Array, by: string): void {
    this.always.set(payload, by)
  }

  /** Remembers the sender of a payload for its next send only. */
  set(payload: Uint8Array, by: string): void {
    if (by !== "" && this.isWanted()) this.once.set(payload, by)
  }

  /** Returns and removes the sender of a payload; empty for a user. Each send calls this once. */
  take(payload: Uint8Array): string {
    const by = this.once.get(payload)
    if (by === undefined) return this.always.get(payload) ?? ""
    // A `WeakMap` frees its entries only at a full garbage collection.
    this.once.delete(payload)
    return by
  }
}
