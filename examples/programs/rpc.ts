import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type EndpointInput, Framing, type ListenEndpointInput } from "tcpfx/domain"
import { layerSocket, layerSocketServer } from "tcpfx/platform"

const Meter = Schema.Struct({ id: Schema.Int, name: Schema.String })

/** The site has no meter with this number. */
export class UnknownMeter extends Schema.TaggedError<UnknownMeter>()("UnknownMeter", { id: Schema.Int }) {}

/** Looks up a meter, or streams the numbers of the first meters. */
export const Meters = RpcGroup.make(
  Rpc.make("Find", { payload: { id: Schema.Int }, success: Meter, error: UnknownMeter }),
  Rpc.make("List", { payload: { count: Schema.Int }, success: Schema.Int, stream: true }),
)

const implementation = Meters.toLayer({
  Find: ({ id }) => (id <= 100 ? Effect.succeed({ id, name: `meter ${id}` }) : new UnknownMeter({ id })),
  List: ({ count }) => Stream.range(1, count),
})

/** Calls and answers are lines of JSON. A line longer than `maxFrame` (default 1 MiB) closes its connection. */
const lines = { frame: Framing.line }

/** Serves the calls. The layer also provides the `SocketServer`, which has the address. */
export const serve = (endpoint: ListenEndpointInput) =>
  RpcServer.layer(Meters).pipe(
    Layer.provide(implementation),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provideMerge(layerSocketServer(endpoint, lines)),
    Layer.provide(RpcSerialization.layerJson),
  )

/** The protocol for `RpcClient.make(Meters)`. It connects again after each loss. */
export const connect = (endpoint: EndpointInput) =>
  RpcClient.layerProtocolSocket().pipe(Layer.provide([layerSocket(endpoint, lines), RpcSerialization.layerJson]))
