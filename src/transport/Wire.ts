import { type CheckedKeepalive, type Endpoint, tcpEndpoint } from "../domain/index.ts"

/**
 * The remote endpoint of a peer that reset its connection before it was accepted. With the reset the kernel forgets the
 * address of the peer (getpeername(2), ENOTCONN), but keeps the bytes that the peer sent.
 */
export const unknownPeer: Endpoint = tcpEndpoint("0.0.0.0", 0)

/**
 * How a wire ended. `code` is the error code of the kernel. It is absent after an orderly end: both directions ended,
 * or this side destroyed the wire.
 */
export interface WireEnd {
  readonly code?: string
}

/**
 * The callbacks of a wire to its owner. The wire makes no call before `start` and no call after `onClose`. It calls
 * `onClose` exactly once.
 */
export interface WireHandlers {
  readonly onData: (bytes: Uint8Array) => void
  /**
   * The peer's FIN, after the last data. With TLS, `closeNotify` is whether close_notify arrived first (RFC 8446,
   * section 6.1); `false` means that the data may be cut off. Without TLS it is `undefined`.
   */
  readonly onEnd: (closeNotify?: boolean) => void
  /**
   * The kernel has taken all written bytes, after a `write` that returned `false`. While the wire is corked, `write`
   * returns `false`. The result of `uncork` is then the one to act on: after `true` no `onDrain` follows.
   */
  readonly onDrain: () => void
  readonly onClose: (end: WireEnd) => void
}

/**
 * One connected socket of any transport. All layers above use it. Its methods are synchronous: none throws or waits,
 * and a call after the end does nothing. Each direction ends on its own (allowHalfOpen).
 */
export interface Wire {
  /** The local endpoint. An IPv4 address has its plain form, also on an IPv6 listener that accepts IPv4. */
  readonly local: Endpoint
  readonly remote: Endpoint
  /**
   * Starts the callbacks. The caller becomes the owner of the wire, and must end it. A second call moves the wire to a
   * new owner: only the new handlers get callbacks from then on.
   */
  readonly start: (handlers: WireHandlers) => void
  /**
   * Puts back delivered bytes. The handlers of the next `start` get them again, and `bytesIn` counts only these and
   * later bytes. The wire must be paused.
   */
  readonly unread: (bytes: Uint8Array) => void
  /**
   * Queues bytes, which the caller must not change afterwards. Returns whether the kernel has taken all bytes written
   * so far.
   */
  readonly write: (bytes: Uint8Array) => boolean
  /** Collects writes until `uncork`, which passes them to the kernel in one system call. */
  readonly cork: () => void
  readonly uncork: () => boolean
  readonly pause: () => void
  readonly resume: () => void
  /**
   * Sends FIN after all written bytes. Reading continues. Returns `true` if both directions have ended and the kernel
   * has all bytes; then the caller waits for nothing, and `onClose` follows.
   */
  readonly end: () => boolean
  /** Ends both directions at once. Bytes that the kernel has not taken are lost. */
  readonly destroy: () => void
  /** Ends both directions at once with RST, or without RST if the transport has none. */
  readonly reset: () => void
  /** The number of written bytes that the kernel has not taken. */
  readonly pending: () => number
  /**
   * Changes whenever the kernel takes bytes. It can change while `pending` stays the same: `pending` may count a write
   * in whole until the kernel has taken all of it.
   */
  readonly progress: () => number
  /**
   * Switches on keepalive: after the idle time, the kernel checks whether the peer's kernel still answers. A further call
   * replaces the times. A Node that cannot set the interval and the number of probes uses its own.
   */
  readonly probe: (keepalive: CheckedKeepalive) => void
  /**
   * Whether the kernel has given up the connection without an event. As long as this side sends nothing, only this call
   * can find a peer that has vanished after its FIN.
   */
  readonly isGone: () => boolean
  /**
   * From the next read on, the wire reads into buffers of this many bytes and delivers them without a copy. The
   * receiver can return a buffer with `recycle`. Absent: the wire cannot read in this way.
   */
  readonly readLarge?: (bufferBytes: number) => void
  /** Lets the wire read into the memory of these bytes again. Bytes that do not come from a large read are ignored. */
  readonly recycle?: (bytes: Uint8Array) => void
  readonly bytesIn: () => number
  /** The number of bytes that the kernel has taken. */
  readonly bytesOut: () => number
}
