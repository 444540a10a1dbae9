import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import { deadlineWatches } from "../../connection/deadlines.ts"
import type { ServerEvent } from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Timing } from "../../runtime/Timing.ts"
import type { Watch } from "../../runtime/Watch.ts"
import type { WireHandlers } from "../../transport/index.ts"
import type { CheckedServerSettings } from "../ServerConfig.ts"
import type { ConnectionActor } from "./ConnectionActor.ts"
import { PendingLimit } from "./PendingLimit.ts"
import { RateLimits } from "./RateLimits.ts"

/** The limits on open connections: deadlines, rates and queued bytes. A limit that is not set costs nothing. */
export class ConnectionLimits {
  private readonly watches: ReadonlyArray<Watch<ConnectionCore>>
  private readonly rates: RateLimits<ConnectionActor> | undefined
  private readonly pending: PendingLimit<ConnectionActor> | undefined

  constructor(settings: CheckedServerSettings, timing: Timing, bus: EventBus<ServerEvent>) {
    const { maxPending, maxRate, maxRateInAll } = settings
    this.watches = deadlineWatches(settings, timing)
    this.rates =
      Number.isFinite(maxRate) || Number.isFinite(maxRateInAll)
        ? new RateLimits<ConnectionActor>(timing, settings, {
            onThrottled: ({ id }, by, bytesPerSecond) =>
              bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionThrottled", id, by, bytesPerSecond })),
            onUnthrottled: ({ id }) => bus.emit((seq, at) => ({ seq, at, _tag: "ConnectionUnthrottled", id })),
          })
        : undefined
    this.pending = Number.isFinite(maxPending) ? new PendingLimit(timing, maxPending) : undefined
  }

  add(actor: ConnectionActor): void {
    for (const watch of this.watches) watch.add(actor.core)
    this.pending?.add(actor)
  }

  /** The meter between a connection and its wire, if a rate is limited. */
  meterOf(actor: ConnectionActor): WireHandlers | undefined {
    return this.rates?.meter(actor)
  }

  remove(actor: ConnectionActor): void {
    for (const watch of this.watches) watch.remove(actor.core)
    this.pending?.remove(actor)
  }
}
