import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import type { ConnectionSettings } from "../../connection/ConnectionOwner.ts"
import { CoreConnection } from "../../connection/CoreConnection.ts"
import {
  type ConnectionId,
  Framing,
  InvalidPayloadError,
  type SendError,
  type ServerEvent,
  type TlsSession,
} from "../../domain/index.ts"
import type { HubMember } from "../../hub/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Tap } from "../../runtime/Tap.ts"
import type { MutableAttributes } from "../Attribute.ts"
import type { ServerConnection } from "../Handler.ts"
import type { HubMembership, JoinableHub, JoinHubError, JoinHubOptions } from "../HubMembership.ts"
import type { ServerObserver } from "../ServerObserver.ts"
import { JoinedHub } from "./JoinedHub.ts"
import { Membership } from "./Membership.ts"
import type { Memberships } from "./Memberships.ts"

/** The parts of a server that a broadcast uses. */
export interface BroadcastContext {
  readonly settings: ConnectionSettings
  readonly bus: EventBus<ServerEvent>
  readonly tap: Tap<ServerObserver>
  /** The connections that a broadcast of this connection reaches. */
  readonly others: (id: ConnectionId) => ReadonlyArray<ConnectionId>
}

/** The connection behind a {@link ServedConnection}. */
export interface ConnectionSource {
  readonly id: ConnectionId
  readonly core: ConnectionCore
  readonly tls: TlsSession | undefined
  readonly member: HubMember
  readonly attributes: MutableAttributes
  readonly context: BroadcastContext
  readonly memberships: Memberships
  /** Waits until the hub does not block the connection as a publisher, or the connection has ended. */
  readonly unblocked: Effect.Effect<void>
}

/** The connection that a handler in a fiber gets. */
export class ServedConnection extends CoreConnection implements ServerConnection {
  readonly id: ConnectionId
  private readonly source: ConnectionSource
  private broadcasting: ServerConnection["broadcast"] | undefined

  constructor(source: ConnectionSource) {
    super(source.core, () => source.context.bus.unblocked)
    this.id = source.id
    this.source = source
  }

  get tls(): TlsSession | undefined {
    return this.source.tls
  }

  get attributes(): MutableAttributes {
    return this.source.attributes
  }

  get broadcast(): ServerConnection["broadcast"] {
    this.broadcasting ??= (payload) => Effect.suspend(() => this.broadcastNow(payload))
    return this.broadcasting
  }

  get join(): ServerConnection["join"] {
    return (hub, options) =>
      Effect.uninterruptible(Effect.flatMap(Effect.scope, (scope) => this.joinIn(scope, hub, options)))
  }

  private joinIn(
    scope: Scope.Scope,
    hub: JoinableHub,
    { onEnded = nothing }: JoinHubOptions = {},
  ): Effect.Effect<HubMembership, JoinHubError> {
    const { context, core, memberships } = this.source
    if (core.isWindingDown()) return Effect.fail(core.closedError())
    const membership = memberships.join(hub, context.settings.framing, onEnded)
    if (!(membership instanceof Membership)) return Effect.fail(membership)
    // After its FIN, the connection only publishes.
    if (!core.isWritable()) membership.finish(nothing)
    return Effect.as(memberships.leaveWith(scope, membership), new JoinedHub(membership, context))
  }

  private broadcastNow(payload: Uint8Array): Effect.Effect<void, SendError> {
    const { context, core, id, member, unblocked } = this.source
    if (core.end !== undefined) return Effect.fail(core.closedError())
    const { bus, others, settings, tap } = context
    const wire = Framing.encodeFrame(settings.framing, payload, settings.maxFrameBytes)
    if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
    if (tap.wantsSent) {
      const to = others(id)
      tap.tell((observer) => observer.onSent?.(to, payload))
    }
    bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to: others(id), bytes: payload }))
    const published = member.publish(wire) ? Effect.void : unblocked
    return Effect.flatMap(published, () => bus.unblocked)
  }
}

const nothing = (): void => {}
