import { type Endpoint, tcpEndpoint } from "../domain/index.ts"

/**
 * The remote endpoint of a peer that had reset its connection before it was accepted: with that the system forgets whose
 * it was (getpeername(2), ENOTCONN), and keeps what it had sent.
 */
export const unknownPeer: Endpoint = tcpEndpoint("0.0.0.0", 0)

/** How a wire ended: without a code in order (both directions closed, or destroyed here), else with the system's code. */
export interface WireEnd {
  readonly code?: string
}

/** What a wire tells its owner. Nothing comes before `start`, and nothing after `onClose`, which comes exactly once. */
export interface WireHandlers {
  readonly onData: (bytes: Uint8Array) => void
  /**
   * The peer's FIN, after the last data. `closeNotify`: whether it came with the end of TLS (RFC 8446, section 6.1); none
   * without TLS. False: the data may be cut off.
   */
  readonly onEnd: (closeNotify?: boolean) => void
  /**
   * Everything written has been taken by the system, after a `write` that said `false`. One while corked says so too; then
   * it is the `uncork` that counts: where that says `true`, nothing more is told.
   */
  readonly onDrain: () => void
  readonly onClose: (end: WireEnd) => void
}

/**
 * One connected socket, whatever carries it. It is the narrow, synchronous floor that everything above stands on: no
 * method throws, waits or yields, and calls after the end do nothing. Both directions end apart (allowHalfOpen).
 */
export interface Wire {
  /** An IPv4 address is written as such, also where the listener is one of IPv6 that takes IPv4 too. */
  readonly local: Endpoint
  readonly remote: Endpoint
  /**
   * Begins to deliver. Called by the owner, who has to end the wire too. Called again, it hands the wire over: from then
   * on the new handlers are told.
   */
  readonly start: (handlers: WireHandlers) => void
  /**
   * Puts back bytes that were delivered and belong to whoever reads next; all before them no longer count as received.
   * Only while paused.
   */
  readonly unread: (bytes: Uint8Array) => void
  /** Queues bytes, which must not be changed afterwards. `true`: the system has taken everything written so far. */
  readonly write: (bytes: Uint8Array) => boolean
  /** Collects the writes until `uncork`, which hands them over in one system call. */
  readonly cork: () => void
  readonly uncork: () => boolean
  readonly pause: () => void
  readonly resume: () => void
  /**
   * Sends FIN once everything written is on its way. Reading goes on. `true`: nothing is left to be waited for, and
   * `onClose` comes by itself.
   */
  readonly end: () => boolean
  /** Ends both directions now. What the system has not taken is lost. */
  readonly destroy: () => void
  /** Ends both directions now with RST, where the transport knows one. */
  readonly reset: () => void
  /** Bytes written and not yet taken by the system. */
  readonly pending: () => number
  /** Changes whenever the system takes bytes, even where `pending` does not yet. */
  readonly progress: () => number
  /**
   * Lets the system find out from here on whether the peer's system is still there, after so many milliseconds of
   * silence. Called again, the new time counts.
   */
  readonly probe: (afterMillis: number) => void
  /**
   * Whether the system has given the connection up although nothing said so: a peer that sent FIN and has gone for good
   * since then is noticed in no other way while nothing is sent to it.
   */
  readonly isGone: () => boolean
  /**
   * Has the wire read into buffers of so many bytes from the next read on, and hand them over without a copy. The
   * receiver may give a buffer back by `giveBack`. Wires that read otherwise do not have it.
   */
  readonly readLarge?: (bufferBytes: number) => void
  /** Lets the wire read into the memory of these bytes again. Bytes that no large read has handed over are ignored. */
  readonly giveBack?: (bytes: Uint8Array) => void
  readonly bytesIn: () => number
  /** Bytes taken by the system. */
  readonly bytesOut: () => number
}
