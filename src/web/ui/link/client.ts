import * as Socket from "@effect/platform/Socket"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { signal } from "@preact/signals"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schedule from "effect/Schedule"
import { Api } from "../../api/Api.ts"
import { socketAddress } from "./address.ts"

/** The state of the connection to the server. */
export const link = signal<"connecting" | "up" | "down">("connecting")

/** A WebSocket that sets `link` when it opens and closes. */
const trackedWebSocket = Layer.succeed(Socket.WebSocketConstructor, (url, protocols) => {
  const socket = new WebSocket(url, protocols)
  socket.addEventListener("open", () => {
    link.value = "up"
  })
  socket.addEventListener("close", () => {
    link.value = "down"
  })
  return socket
})

/** The maximum length of an answer, bytes. 1000 rows of 1 KiB, as text and as hex, need less than 32 MiB. */
const longestAnswer = 32 * 1024 * 1024

const protocol = Layer.scoped(
  RpcClient.Protocol,
  RpcClient.makeProtocolSocket({
    retryTransientErrors: true,
    retrySchedule: Schedule.union(Schedule.exponential("250 millis", 1.5), Schedule.spaced("3 seconds")),
  }),
).pipe(
  Layer.provide(Layer.effect(Socket.Socket, Socket.makeWebSocket(Effect.sync(socketAddress)))),
  Layer.provide(trackedWebSocket),
  Layer.provide(RpcSerialization.layerNdjsonWith({ maxBufferSize: longestAnswer })),
)

export class Client extends Effect.Service<Client>()("tcpfx/web/Client", {
  scoped: Effect.map(RpcClient.make(Api, { disableTracing: true }), (calls) => ({ calls })),
  dependencies: [protocol],
}) {}

export type Calls = Client["calls"]

/** The runtime of the page. It ends with the page. */
export const runtime = ManagedRuntime.make(Layer.merge(Client.Default, Logger.minimumLogLevel(LogLevel.None)))
