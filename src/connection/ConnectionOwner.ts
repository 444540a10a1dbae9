import type * as Duration from "effect/Duration"
import type { ParseError } from "effect/ParseResult"
import { type CheckedKeepalive, type FramePlace, type Framing, noKeepalive } from "../domain/index.ts"
import type { ConnectionEnd } from "./Connection.ts"

/** The settings of a connection. */
export interface ConnectionSettings {
  readonly framing: Framing.Framing
  readonly maxFrameBytes: number
  readonly inboxBytes: number
  readonly outboxBytes: number
  readonly closeDeadline: Duration.Duration
  /** When the kernel probes the kernel of a silent peer. */
  readonly keepalive: CheckedKeepalive
}

/** The settings of a connection, made from the settings of a server or client. */
export const connectionSettings = (settings: {
  readonly frame: Framing.Framing
  readonly maxFrame: number
  readonly inbox: number
  readonly outbox: number
  readonly closeDeadline: Duration.Duration
  readonly keepalive?: CheckedKeepalive
}): ConnectionSettings => ({
  framing: settings.frame,
  maxFrameBytes: settings.maxFrame,
  inboxBytes: settings.inbox,
  outboxBytes: settings.outbox,
  closeDeadline: settings.closeDeadline,
  keepalive: settings.keepalive ?? noKeepalive,
})

/** A received payload that is no message, and the reason. */
export interface InvalidMessage extends FramePlace {
  readonly codec: string
  readonly problem: string
  readonly parseError: ParseError | undefined
}

/** The callbacks of a connection to its server or client. They are synchronous and must not throw. */
export interface ConnectionOwner {
  /** A run of whole frames arrived. */
  readonly onRun: (run: Uint8Array) => void
  /**
   * Whether the owner keeps runs after `onRun` returns. If so, a run in lent memory is copied, because the socket reads
   * into that memory again.
   */
  readonly keepsRuns: () => boolean
  /** `send` has written a payload. */
  readonly onSent: (payload: Uint8Array) => void
  /**
   * The framing has skipped bytes that belong to no frame. `total`: the number of bytes skipped since the connection
   * opened.
   */
  readonly onBytesSkipped: (skipped: number, total: number, cause: Framing.SkipCause) => void
  /** The program cannot decode a payload as a message. */
  readonly onMessageInvalid: (invalid: InvalidMessage) => void
  readonly onHalfClosed: (by: "peer" | "local") => void
  readonly onClosing: (pendingBytes: number) => void
  readonly onDrain: () => void
  /** The connection has ended. This is the last call, and it is made exactly once. */
  readonly onClosed: (end: ConnectionEnd) => void
  /**
   * Called before FIN is sent. Writes the bytes for this connection that are queued elsewhere, such as in a hub, then
   * calls `done`.
   */
  readonly flush: (done: () => void) => void
  /** Whether bytes for this connection are queued elsewhere. Default: no. */
  readonly isOwed?: () => boolean
}

/** The causes for which a connection stops reading. Each cause begins and ends independently of the others. */
export const Hold = {
  inbox: 1,
  hub: 2,
  output: 4,
  events: 8,
  ownRate: 16,
  totalRate: 32,
  command: 64,
  reactor: 128,
} as const
export type Hold = (typeof Hold)[keyof typeof Hold]
