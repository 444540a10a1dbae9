// A server as a newcomer to Effect writes it: the socket server of the platform, a Stream of lines for each client, and one
// PubSub.
import * as Socket from "@effect/platform/Socket"
import * as SocketServer from "@effect/platform/SocketServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { modeOf, sayPort } from "./listening.ts"

const mode = modeOf(["broker", "echo"])

interface Message {
  readonly from: number
  readonly line: string
}

const echo = (socket: Socket.Socket) =>
  Effect.scoped(
    Effect.gen(function* () {
      const write = yield* socket.writer
      yield* socket.run((bytes) => write(bytes))
    }),
  )

const broker = (messages: PubSub.PubSub<Message>) => {
  let clients = 0
  return (socket: Socket.Socket) =>
    Effect.scoped(
      Effect.gen(function* () {
        const self = clients++
        const write = yield* socket.writer
        yield* Stream.fromPubSub(messages).pipe(
          Stream.filter((message) => message.from !== self),
          Stream.runForEach((message) => write(`${message.line}\n`)),
          Effect.forkScoped,
        )
        yield* Stream.never.pipe(
          Stream.pipeThroughChannel(Socket.toChannel(socket)),
          Stream.decodeText(),
          Stream.splitLines,
          Stream.runForEach((line) => PubSub.publish(messages, { from: self, line })),
        )
      }),
    )
}

const program = Effect.gen(function* () {
  const server = yield* SocketServer.SocketServer
  const messages = yield* PubSub.unbounded<Message>()
  if (server.address._tag === "TcpAddress") sayPort(server.address.port)
  return yield* server.run(mode === "echo" ? echo : broker(messages))
}).pipe(Effect.provide(NodeSocketServer.layer({ port: 0, host: "127.0.0.1" })))

NodeRuntime.runMain(program)
