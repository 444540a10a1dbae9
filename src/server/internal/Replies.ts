/** What replies are written through. */
interface Output {
  /** `false`: the peer has not taken everything. */
  readonly write: (bytes: Uint8Array) => boolean
  readonly onSent: (payload: Uint8Array) => void
}

/**
 * Answers that a connection owes: as many as frames arrived, written as far as the peer takes them. One read can ask for
 * thousands, which must not all wait in memory for a peer that does not read.
 */
export class Replies {
  private readonly output: Output
  private readonly encode: (payload: Uint8Array) => Uint8Array
  private readonly batchBytes: number
  private owed: Array<{ readonly payload: Uint8Array; readonly wire: Uint8Array; left: number }> = []
  private onPaid: Array<() => void> = []

  constructor(output: Output, encode: (payload: Uint8Array) => Uint8Array, batchBytes: number) {
    this.output = output
    this.encode = encode
    this.batchBytes = batchBytes
  }

  isOwing(): boolean {
    return this.owed.length > 0
  }

  /** Owes a payload so many times. */
  owe(payload: Uint8Array, times: number): void {
    if (times > 0) this.owed.push({ payload, wire: this.encode(payload), left: times })
  }

  /** Writes until the peer takes no more, or nothing is owed. */
  pay(): void {
    for (let next = this.owed[0]; next !== undefined; next = this.owed[0]) {
      const { payload, wire } = next
      const count = Math.min(next.left, Math.max(1, Math.floor(this.batchBytes / Math.max(1, wire.length))))
      next.left -= count
      if (next.left === 0) this.owed.shift()
      const ready = this.output.write(repeated(wire, count))
      for (let sent = 0; sent < count; sent++) this.output.onSent(payload)
      if (!ready) return
    }
    const paid = this.onPaid
    this.onPaid = []
    for (const done of paid) done()
  }

  /** Calls back once nothing is owed. */
  whenPaid(done: () => void): void {
    if (this.owed.length === 0) done()
    else this.onPaid.push(done)
  }
}

const repeated = (bytes: Uint8Array, times: number): Uint8Array => {
  if (times === 1) return bytes
  const all = new Uint8Array(bytes.length * times)
  for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at)
  return all
}
