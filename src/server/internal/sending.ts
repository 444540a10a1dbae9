import * as Effect from "effect/Effect"
import { type ConnectionId, Framing, InvalidPayloadError, type ServerEvent } from "../../domain/index.ts"
import type { HubPort } from "../../hub/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Tap } from "../../runtime/Tap.ts"
import type { CheckedServerSettings } from "../ServerConfig.ts"
import type { ServerObserver } from "../ServerObserver.ts"
import type { ServerCore } from "./ServerCore.ts"

/** The parts of a server that sending to several connections uses. */
export interface SendingParts {
  readonly settings: CheckedServerSettings
  readonly core: ServerCore
  readonly bus: EventBus<ServerEvent>
  readonly tap: Tap<ServerObserver>
  readonly hub: HubPort
}

type Sent = Effect.Effect<ReadonlyArray<ConnectionId>, InvalidPayloadError>

/** `sendTo` and `broadcast` of a server. */
export const makeSending = ({ bus, core, hub, settings, tap }: SendingParts) => {
  const reportSent = (to: ReadonlyArray<ConnectionId>, payload: Uint8Array): void => {
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.(to, payload))
    bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", to, bytes: payload }))
  }

  const sendTo = (ids: Iterable<ConnectionId>, payload: Uint8Array): Sent =>
    Effect.suspend((): Sent => {
      const wire = Framing.encodeFrame(settings.frame, payload, settings.maxFrame)
      if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
      const to: Array<ConnectionId> = []
      let taken: Set<Effect.Effect<void>> | undefined
      for (const id of ids) {
        const actor = core.actors.get(id)
        if (actor?.isWritable() !== true) continue
        const pending = actor.pendingInAll()
        if (pending > settings.hubBudget) {
          if (settings.slowConsumer === "disconnect") actor.onOverflow(pending, settings.hubBudget)
          continue
        }
        actor.sendQuietly(payload, wire)
        to.push(id)
        if (actor.taken === undefined) continue
        taken ??= new Set()
        taken.add(actor.taken)
      }
      if (to.length > 0) reportSent(to, payload)
      const sent =
        taken === undefined ? bus.unblocked : Effect.zipRight(Effect.all(taken, { discard: true }), bus.unblocked)
      return Effect.as(sent, to)
    })

  const broadcast = (payload: Uint8Array): Sent =>
    Effect.suspend((): Sent => {
      const wire = Framing.encodeFrame(settings.frame, payload, settings.maxFrame)
      if (wire instanceof InvalidPayloadError) return Effect.fail(wire)
      const recipients = core.writable()
      reportSent(recipients, payload)
      const published = hub.publish(wire) ? Effect.void : hub.unblocked
      return Effect.as(
        Effect.zipRight(
          published,
          Effect.suspend(() => bus.unblocked),
        ),
        recipients,
      )
    })

  return { sendTo, broadcast }
}
