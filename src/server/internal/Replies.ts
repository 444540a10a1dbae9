import type { ConnectionSettings } from "../../connection/ConnectionOwner.ts"
import { Framing, InvalidPayloadError } from "../../domain/index.ts"

/** The destination of the replies. */
interface Output {
  /** Writes bytes. Returns `false` if the kernel has not taken all of them. */
  readonly write: (bytes: Uint8Array) => boolean
  readonly onSent: (payload: Uint8Array) => void
}

interface Unsent {
  readonly payload: Uint8Array
  readonly wire: Uint8Array
  left: number
}

// The memory that an unsent payload needs in addition to its bytes.
const entryOverhead = 256
// Sent entries are dropped in batches of this size, because dropping an entry moves all others.
const mostSentEntries = 1024

/**
 * The unsent replies of a connection, written as far as the peer reads. One read can ask for thousands of replies, which
 * must not all be in memory for a peer that does not read.
 */
export class Replies {
  /** The memory of the unsent replies, bytes. A payload that is queued several times counts once. */
  bytes = 0
  private readonly output: Output
  private readonly encode: (payload: Uint8Array) => Uint8Array
  private readonly batchBytes: number
  private unsent: Array<Unsent> = []
  /** Index of the first unsent entry. */
  private next = 0
  private more: Array<() => void> = []
  private isOver = false
  private turn: NodeJS.Immediate | undefined
  private onAllSent: Array<() => void> = []

  constructor(output: Output, encode: (payload: Uint8Array) => Uint8Array, batchBytes: number) {
    this.output = output
    this.encode = encode
    this.batchBytes = batchBytes
  }

  hasUnsent(): boolean {
    return this.next < this.unsent.length
  }

  /** Adds a payload, to be sent `times` times. */
  add(payload: Uint8Array, times: number): void {
    if (times <= 0) return
    const wire = this.encode(payload)
    this.unsent.push({ payload, wire, left: times })
    this.bytes += wire.length + entryOverhead
  }

  /** Writes until the kernel takes no more, or everything is sent. */
  flush(): void {
    while (this.hasUnsent()) {
      const batch = this.takeBatch()
      const ready = this.output.write(joined(batch))
      for (const { payload, times } of batch) for (let sent = 0; sent < times; sent++) this.output.onSent(payload)
      if (!ready) return
    }
    if (this.isDeferred()) {
      this.turn ??= setImmediate(() => this.goOn())
      return
    }
    const waiting = this.onAllSent
    this.onAllSent = []
    for (const done of waiting) done()
  }

  /**
   * Calls back in a later turn of the event loop, once everything is sent. The callback may add replies and call `defer`
   * again. Several callbacks run in their order.
   */
  defer(more: () => void): void {
    this.more.push(more)
    this.flush()
  }

  isDeferred(): boolean {
    return this.more.length > 0
  }

  /** Calls back once everything is sent and nothing is deferred. */
  whenSent(done: () => void): void {
    if (this.hasUnsent() || this.isDeferred()) this.onAllSent.push(done)
    else done()
  }

  /** Stops all callbacks, because the connection has ended. */
  end(): void {
    clearImmediate(this.turn)
    this.isOver = true
    this.more = []
    this.onAllSent = []
  }

  private goOn(): void {
    const { more } = this
    this.turn = undefined
    this.more = []
    for (const next of more) if (!this.isOver) next()
    this.flush()
  }

  /** Takes payloads for one write: up to the size of a batch, and at least one payload. */
  private takeBatch(): ReadonlyArray<Batched> {
    const batch: Array<Batched> = []
    let room = this.batchBytes
    while (this.hasUnsent()) {
      const first = this.unsent[this.next] as Unsent
      const { payload, wire } = first
      const fitting = Math.max(0, Math.floor(room / Math.max(1, wire.length)))
      const times = Math.min(first.left, batch.length === 0 ? Math.max(1, fitting) : fitting)
      if (times === 0) break
      batch.push({ payload, wire, times })
      room -= times * wire.length
      first.left -= times
      if (first.left > 0) break
      this.next++
      this.bytes -= wire.length + entryOverhead
    }
    if (!this.hasUnsent() || this.next >= mostSentEntries) {
      this.unsent.splice(0, this.next)
      this.next = 0
    }
    return batch
  }
}

interface Batched {
  readonly payload: Uint8Array
  readonly wire: Uint8Array
  readonly times: number
}

const joined = (batch: ReadonlyArray<Batched>): Uint8Array => {
  const [first] = batch
  if (batch.length === 1 && first?.times === 1) return first.wire
  const all = new Uint8Array(batch.reduce((length, { times, wire }) => length + times * wire.length, 0))
  let at = 0
  for (const { times, wire } of batch) {
    for (let count = 0; count < times; count++) {
      all.set(wire, at)
      at += wire.length
    }
  }
  return all
}

/** Makes the replies of a connection; `core` writes them. `add` throws for a payload that the framing cannot carry. */
export const makeReplies = (
  core: Pick<Output, "write">,
  { framing, maxFrameBytes, outboxBytes }: ConnectionSettings,
  owner: Pick<Output, "onSent">,
): Replies =>
  new Replies(
    { write: (bytes) => core.write(bytes), onSent: (payload) => owner.onSent(payload) },
    (payload) => {
      const wire = Framing.encodeFrame(framing, payload, maxFrameBytes)
      if (wire instanceof InvalidPayloadError) throw wire
      return wire
    },
    outboxBytes,
  )
