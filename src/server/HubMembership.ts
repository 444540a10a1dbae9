import type * as Effect from "effect/Effect"
import type {
  AlreadyMemberError,
  ConnectionClosedError,
  Framing,
  MembershipEndedError,
  SendError,
  SettingsError,
} from "../domain/index.ts"
import type { HubPort } from "../hub/index.ts"

/** A hub that a connection can join. A `Hub` is one. */
export interface JoinableHub {
  /** The framing of the hub. It must be the framing of the connection. */
  readonly framing: Framing.Framing
  readonly port: HubPort
}

/** Options of a membership. */
export interface JoinHubOptions {
  /**
   * Called once when the membership ends: by `leave`, or with its scope, its hub or the connection. Default: nothing is
   * called.
   */
  readonly onEnded?: () => void
}

/** The reasons why a connection cannot join a hub. `SettingsError`: the hub has another framing than the connection. */
export type JoinHubError = AlreadyMemberError | ConnectionClosedError | SettingsError

/**
 * The membership of a connection in a hub. The connection gets everything that the other members publish, without a
 * stream or a fiber for each message. It does not get its own messages.
 */
export interface HubMembership {
  /**
   * Publishes one payload to all other members. Waits while the hub blocks publishers; the connection does not read
   * meanwhile.
   */
  readonly publish: (payload: Uint8Array) => Effect.Effect<void, SendError | MembershipEndedError>
  /** Publishes a run of whole frames, already framed. Waits like {@link publish}. */
  readonly publishRun: (run: Uint8Array) => Effect.Effect<void, ConnectionClosedError | MembershipEndedError>
  /**
   * Ends the membership. Everything published before is still delivered. The end of the scope does the same. A second
   * call has no effect.
   */
  readonly leave: Effect.Effect<void>
}
