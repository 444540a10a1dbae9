import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { SettingsError } from "../../domain/index.ts"
import { Hub } from "../index.ts"
import { makeNatsHub } from "./internal/makeNatsHub.ts"
import type { NatsHubOptions } from "./NatsHubOptions.ts"
import type { NatsHubService } from "./NatsHubService.ts"
import type { NatsConnectError, NatsMissingError } from "./natsErrors.ts"

/** The reasons why a hub on NATS cannot start. */
export type NatsHubError = SettingsError | NatsConnectError | NatsMissingError

/**
 * A hub that several processes share through NATS. Each process, a node, has a hub in memory for its own members. Their
 * frames also go to NATS, and reach the members of the other nodes. Frames of one publisher keep their order, each member
 * gets each frame at most once, and no member gets its own frames.
 *
 * While NATS is away, the members of a node continue among themselves. The event `HubDetached` has the reason, and
 * `HubAttached` the numbers of missed frames. `docs/scale.md` compares the promises with those of a hub in memory.
 *
 * The client of NATS is the package `@nats-io/transport-node`, an optional peer dependency. It is loaded when the hub is
 * made.
 *
 * @example
 * import { Effect } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { NatsHub } from "tcpfx/hub/nats"
 *
 * const hub = NatsHub.make({ servers: "nats://127.0.0.1:1", framing: Framing.line, connectTimeout: "1 second" })
 * const error = await Effect.runPromise(Effect.flip(Effect.scoped(hub)))
 * assert.match(error.message, /cannot connect to NATS at 127.0.0.1:1: connection refused/)
 */
export class NatsHub extends Context.Tag("tcpfx/nats/NatsHub")<NatsHub, NatsHubService>() {
  /**
   * Connects to NATS and makes the hub. Fails if the first connection fails. When the scope closes, the node sends its
   * queue, for at most one second, and leaves.
   */
  static readonly make = (options: NatsHubOptions): Effect.Effect<NatsHubService, NatsHubError, Scope.Scope> =>
    makeNatsHub(options)

  /** {@link make} as a layer. It provides `Hub` too, so `Server.layerHub` uses it. */
  static readonly layer = (options: NatsHubOptions): Layer.Layer<Hub | NatsHub, NatsHubError> =>
    Layer.scopedContext(
      Effect.map(NatsHub.make(options), (hub) => Context.make(Hub, hub).pipe(Context.add(NatsHub, hub))),
    )
}
