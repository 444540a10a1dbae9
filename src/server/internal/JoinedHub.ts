import * as Effect from "effect/Effect"
import type { ConnectionSettings } from "../../connection/ConnectionOwner.ts"
import { Framing, InvalidPayloadError } from "../../domain/index.ts"
import type { HubMembership } from "../HubMembership.ts"
import type { Membership } from "./Membership.ts"

/** The parts of a server that publishing to a hub uses. */
export interface PublishContext {
  readonly settings: ConnectionSettings
  readonly bus: { readonly unblocked: Effect.Effect<void> }
}

/**
 * The membership of a connection, for its program. Each effect is made at its use and not stored, to save memory: a
 * connection can have many memberships.
 */
export class JoinedHub implements HubMembership {
  private readonly membership: Membership
  private readonly context: PublishContext

  constructor(membership: Membership, context: PublishContext) {
    this.membership = membership
    this.context = context
  }

  get publish(): HubMembership["publish"] {
    return (payload) =>
      Effect.suspend((): ReturnType<HubMembership["publish"]> => {
        const { framing, maxFrameBytes } = this.context.settings
        const run = Framing.encodeFrame(framing, payload, maxFrameBytes)
        return run instanceof InvalidPayloadError ? Effect.fail(run) : this.publishRun(run)
      })
  }

  get publishRun(): HubMembership["publishRun"] {
    return (run) => Effect.flatMap(this.membership.publish(run), () => this.context.bus.unblocked)
  }

  get leave(): HubMembership["leave"] {
    return Effect.sync(() => this.membership.leave())
  }
}
