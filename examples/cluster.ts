import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import type * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Runners from "@effect/cluster/Runners"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SocketRunner from "@effect/cluster/SocketRunner"
import * as PlatformSocket from "@effect/platform/Socket"
import { SocketServer } from "@effect/platform/SocketServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { tcpEndpoint } from "tcpfx/domain"
import { layerSocketServer, makeSocket } from "tcpfx/platform"
import { Transport } from "tcpfx/transport"

/** A counter with a name. The cluster runs each counter on one of its runners. */
export const Counter = Entity.make("Counter", [
  Rpc.make("Add", {
    payload: { amount: Schema.Number },
    success: Schema.Struct({ total: Schema.Number, runner: Schema.String }),
  }),
  // A persisted message is stored before it is sent, so it is still handled after the crash of its runner.
  Rpc.make("AddOnce", {
    payload: { order: Schema.String, amount: Schema.Number },
    primaryKey: ({ order }) => order,
    success: Schema.Number,
  }).annotate(ClusterSchema.Persisted, true),
])

const counters = Counter.toLayer(
  Effect.gen(function* () {
    const { host, port } = yield* Entity.CurrentRunnerAddress
    let total = 0
    const add = (amount: number) => {
      total += amount
      return total
    }
    return {
      Add: ({ payload }) => Effect.sync(() => ({ total: add(payload.amount), runner: `${host}:${port}` })),
      AddOnce: ({ payload }) => Effect.sync(() => add(payload.amount)),
    }
  }),
)

/** The RPC protocol between the runners: a tcpfx socket to each other runner. */
const layerClientProtocol = Layer.effect(
  Runners.RpcClientProtocol,
  Effect.gen(function* () {
    const transport = yield* Transport
    const serialization = yield* RpcSerialization.RpcSerialization
    return ({ host, port }) =>
      Effect.gen(function* () {
        const socket = yield* makeSocket(tcpEndpoint(host, port), { connectTimeout: "1 second" })
        return yield* RpcClient.makeProtocolSocket().pipe(Effect.provideService(PlatformSocket.Socket, socket))
      }).pipe(
        Effect.provideService(Transport, transport),
        Effect.provideService(RpcSerialization.RpcSerialization, serialization),
        Effect.orDie,
      )
  }),
)

/** The sharding configuration of a runner. The other runners connect to the address that its server listens on. */
const layerConfig = (config: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
  Layer.unwrapEffect(
    Effect.map(SocketServer, ({ address }) => {
      if (address._tag === "UnixAddress") throw new Error("a runner has a TCP address")
      const runnerAddress = Option.some(RunnerAddress.make(address.hostname, address.port))
      return ShardingConfig.layer({ ...config, runnerAddress })
    }),
  )

/**
 * A runner of a cluster that serves the counters. All runners share a `MessageStorage` and a `RunnerStorage`, for
 * example from `SqlMessageStorage` and `SqlRunnerStorage`.
 */
export const runner = (
  endpoint: string,
  storage: Layer.Layer<MessageStorage.MessageStorage | RunnerStorage.RunnerStorage>,
  config: Partial<ShardingConfig.ShardingConfig["Type"]> = {},
) =>
  counters.pipe(
    Layer.provideMerge(SocketRunner.layer),
    Layer.provide(RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc))),
    Layer.provide(layerClientProtocol),
    Layer.provide(storage),
    Layer.provide(layerConfig(config)),
    Layer.provide(layerSocketServer(endpoint)),
    Layer.provide(RpcSerialization.layerMsgPack),
  )
