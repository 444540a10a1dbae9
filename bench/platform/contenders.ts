import * as Socket from "@effect/platform/Socket"
import { SocketServer } from "@effect/platform/SocketServer"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { tcpEndpoint } from "tcpfx/domain"
import { layerSocket, layerSocketServer } from "tcpfx/platform"
import { NodeTransport } from "tcpfx/transport"

const host = "127.0.0.1"

/** The sockets of `@effect/platform-node`, and those of `tcpfx/platform`. */
export const contenders = {
  "platform-node": {
    server: Layer.orDie(NodeSocketServer.layer({ host, port: 0 })),
    socket: (port: number) => Layer.orDie(Layer.effect(Socket.Socket, NodeSocket.makeNet({ host, port }))),
  },
  tcpfx: {
    server: layerSocketServer(tcpEndpoint(host, 0)).pipe(Layer.provide(NodeTransport.layer), Layer.orDie),
    socket: (port: number) =>
      layerSocket(tcpEndpoint(host, port)).pipe(Layer.provide(NodeTransport.layer), Layer.orDie),
  },
} as const satisfies Record<
  string,
  { readonly server: Layer.Layer<SocketServer>; readonly socket: (port: number) => Layer.Layer<Socket.Socket> }
>

export type Contender = keyof typeof contenders

export const names = Object.keys(contenders) as ReadonlyArray<Contender>

/** The port of the server in the context. */
export const port = Effect.map(SocketServer, ({ address }) => {
  if (address._tag !== "TcpAddress") throw new Error("a TCP address was expected")
  return address.port
})
