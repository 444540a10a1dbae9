import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Contender, contenders } from "./contenders.ts"

class Calls extends RpcGroup.make(
  Rpc.make("Double", { payload: { value: Schema.Number }, success: Schema.Number }),
  Rpc.make("Count", { payload: { last: Schema.Number }, success: Schema.Number, stream: true }),
  Rpc.make("CpuMicros", { success: Schema.Number }),
) {}

const cpuMicros = (): number => {
  const { system, user } = process.cpuUsage()
  return system + user
}

const handlers = Calls.toLayer({
  Double: ({ value }) => Effect.succeed(value * 2),
  Count: ({ last }) => Stream.range(1, last),
  CpuMicros: () => Effect.sync(cpuMicros),
})

/** An RPC server of `Calls` on the `SocketServer` of the context. */
export const serveCalls = RpcServer.layer(Calls, { disableTracing: true }).pipe(
  Layer.provide(handlers),
  Layer.provide(RpcServer.layerProtocolSocketServer),
  Layer.provide(RpcSerialization.layerMsgPack),
)

export interface Measured {
  readonly perSecond: number
  /** The CPU time of the client and of the server for each call or element, in microseconds. */
  readonly clientMicros: number
  readonly serverMicros: number
}

export const works = {
  "calls, one after the other": { count: 10_000, unit: "call" },
  "calls, 100 in flight": { count: 20_000, unit: "call" },
  "elements of a stream": { count: 200_000, unit: "element" },
} as const
export type Work = keyof typeof works

/**
 * Measures all loads in `works` over one connection to the RPC server. `scale` multiplies the number of calls and
 * elements.
 */
export const measureCalls = (contender: Contender, port: number, scale: number) => {
  const protocol = RpcClient.layerProtocolSocket().pipe(
    Layer.provide(contenders[contender].socket(port)),
    Layer.provide(RpcSerialization.layerMsgPack),
  )
  return Effect.gen(function* () {
    const client = yield* RpcClient.make(Calls, { disableTracing: true })
    const call = client.Double({ value: 21 })
    const runs: Record<Work, (count: number) => Effect.Effect<unknown, unknown>> = {
      "calls, one after the other": (count) => Effect.repeatN(call, count - 1),
      "calls, 100 in flight": (count) =>
        Effect.all(
          Array.from({ length: 100 }, () => Effect.repeatN(call, count / 100 - 1)),
          { concurrency: "unbounded", discard: true },
        ),
      "elements of a stream": (last) => Stream.runDrain(client.Count({ last }, { streamBufferSize: 4096 })),
    }
    const measured: Partial<Record<Work, Measured>> = {}
    for (const [work, run] of Object.entries(runs) as ReadonlyArray<[Work, (typeof runs)[Work]]>) {
      const count = Math.round(works[work].count * scale)
      yield* run(count / 2)
      const serverBefore = yield* client.CpuMicros()
      const before = cpuMicros()
      const from = performance.now()
      yield* run(count)
      const seconds = (performance.now() - from) / 1000
      const clientMicros = (cpuMicros() - before) / count
      const serverMicros = ((yield* client.CpuMicros()) - serverBefore) / count
      measured[work] = { perSecond: count / seconds, clientMicros, serverMicros }
    }
    return measured as Record<Work, Measured>
  }).pipe(Effect.scoped, Effect.provide(protocol))
}
