import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { layerSocket, layerSocketServer } from "tcpfx/platform"

export class OutOfStock extends Schema.TaggedError<OutOfStock>()("OutOfStock", { left: Schema.Number }) {}

/** The calls of a store. The server and the client share this value. */
export class Store extends RpcGroup.make(
  Rpc.make("Take", { payload: { count: Schema.Number }, success: Schema.Number, error: OutOfStock }),
  // Streams the number of articles that are left, now and after each change.
  Rpc.make("Left", { success: Schema.Number, stream: true }),
) {}

const handlers = Store.toLayer(
  Effect.gen(function* () {
    const stock = yield* SubscriptionRef.make(10)
    return {
      Take: ({ count }) =>
        SubscriptionRef.modifyEffect(stock, (left) =>
          count > left ? Effect.fail(new OutOfStock({ left })) : Effect.succeed([left - count, left - count]),
        ),
      Left: () => stock.changes,
    }
  }),
)

/** Serves the store. The layer also provides the `SocketServer`, whose address has the bound port. */
export const storeServer = (endpoint: string) =>
  RpcServer.layer(Store).pipe(
    Layer.provide(handlers),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provide(RpcSerialization.layerMsgPack),
    Layer.provideMerge(layerSocketServer(endpoint)),
  )

/** A client of the store. It connects again when the server ends or the connection is lost. */
export class StoreClient extends Effect.Service<StoreClient>()("example/StoreClient", {
  scoped: RpcClient.make(Store),
}) {
  static readonly layer = (endpoint: string) =>
    StoreClient.Default.pipe(
      Layer.provide(RpcClient.layerProtocolSocket()),
      Layer.provide(layerSocket(endpoint)),
      Layer.provide(RpcSerialization.layerMsgPack),
    )
}
