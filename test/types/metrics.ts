// Type tests of metrics: `npm run typecheck` runs them.
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Client, type ClientService } from "../../src/client/index.ts"
import type { SettingsError } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Metrics } from "../../src/metrics/index.ts"
import { Handler, Server, type ServerService } from "../../src/server/index.ts"
import type { Transport } from "../../src/transport/index.ts"

// The metrics of a server are a `watch`, and add no requirement to it.
export const watched: Effect.Effect<ServerService, SettingsError, Scope.Scope | Transport> = Server.make({
  handler: Handler.echo(),
  watch: Metrics.server({ tags: { server: "echo" }, every: "5 seconds", frames: false, hub: false }),
})
export const tapped: Effect.Effect<ClientService, SettingsError, Scope.Scope | Transport> = Effect.tap(
  Client.make(),
  Metrics.client({ tags: { client: "probe" } }),
)
export const layer: Layer.Layer<never, SettingsError, Client> = Metrics.layerClient()
export const ofHub = Effect.flatMap(Hub.make(), Metrics.hub())

// @ts-expect-error: the metrics of a client do not take a server
Effect.flatMap(watched, Metrics.client())
// @ts-expect-error: the metrics of a server do not take a hub
Effect.flatMap(Hub.make(), Metrics.server())
// @ts-expect-error: a hub counts no frames
Metrics.hub({ frames: true })
// @ts-expect-error: the value of a tag is a text
Metrics.server({ tags: { server: 1 } })
// @ts-expect-error: a `watch` has no requirements but its scope
Server.make({ handler: Handler.echo(), watch: () => Effect.asVoid(Client) })
