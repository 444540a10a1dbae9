import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { SettingsError } from "../domain/index.ts"
import type { HubOptions, HubService } from "./HubService.ts"
import { makeHubs } from "./Hubs.ts"

/**
 * Delivers each published frame to every subscriber, at the subscriber's own pace. All subscribers share one log; each
 * has a cursor in it and a budget. Each subscriber gets each frame once. The frames of one publisher keep their order.
 * A publisher does not get its own frames.
 */
export class Hub extends Context.Tag("tcpfx/hub/Hub")<Hub, HubService>() {
  /**
   * A hub in memory. When the scope closes, the hub ends: streams get everything published so far and end, and
   * publishers are unblocked.
   */
  static readonly make = (options: HubOptions = {}): Effect.Effect<HubService, SettingsError, Scope.Scope> =>
    Effect.flatMap(makeHubs(options), (hubs) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => hubs.create("", hubs.makeHistory())),
          (hub) => Effect.sync(() => hub.close()),
        ),
        hubs.serviceOf,
      ),
    )

  /** {@link make} as a layer. */
  static readonly layer = (options: HubOptions = {}): Layer.Layer<Hub, SettingsError> =>
    Layer.scoped(Hub, Hub.make(options))
}
