import * as Duration from "effect/Duration"
import type { Framing } from "../domain/index.ts"
import type { ConnectionEnd } from "./Connection.ts"

/** The rules of a connection. */
export interface ConnectionSettings {
  readonly framing: Framing.Framing
  readonly maxFrameBytes: number
  readonly inboxBytes: number
  readonly outboxBytes: number
  readonly closeDeadline: Duration.Duration
  /** Silence after which the system asks whether the peer's system is still there; infinite: never. */
  readonly keepalive: Duration.Duration
}

/** The rules of a connection among the settings of a server or client. */
export const connectionSettings = (settings: {
  readonly frame: Framing.Framing
  readonly maxFrame: number
  readonly inbox: number
  readonly outbox: number
  readonly closeDeadline: Duration.Duration
  readonly keepalive?: Duration.Duration
}): ConnectionSettings => ({
  framing: settings.frame,
  maxFrameBytes: settings.maxFrame,
  inboxBytes: settings.inbox,
  outboxBytes: settings.outbox,
  closeDeadline: settings.closeDeadline,
  keepalive: settings.keepalive ?? Duration.infinity,
})

/** What a connection tells the server or client that has it. All of it is synchronous and must not throw. */
export interface ConnectionOwner {
  /** A run of whole frames arrived. */
  readonly onRun: (run: Uint8Array) => void
  /** Whether `onRun` keeps runs beyond the call. Runs whose memory is read into again are then copied for it. */
  readonly keepsRuns: () => boolean
  /** A payload was handed over by `send`. */
  readonly onSent: (payload: Uint8Array) => void
  readonly onHalfClosed: (by: "peer" | "local") => void
  readonly onClosing: (pendingBytes: number) => void
  readonly onDrain: () => void
  /** Exactly once, and last. */
  readonly onClosed: (end: ConnectionEnd) => void
  /** Before FIN: hands over what still waits elsewhere for this connection, then calls back. */
  readonly flush: (done: () => void) => void
  /** Whether bytes that were sent to this connection wait elsewhere. Default: none do. */
  readonly isOwed?: () => boolean
}

/** Why reading is held back: each cause holds and releases on its own. */
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
