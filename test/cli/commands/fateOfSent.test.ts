import { existsSync } from "node:fs"
import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fateOfSent } from "../../../src/cli/commands/fateOfSent.ts"
import { Client } from "../../../src/client/index.ts"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { NodeTransport } from "../../../src/transport/index.ts"
import { utf8 } from "../../support/texts.ts"

/** A client connection to a plain socket of the test, and that socket. */
const connected = Effect.gen(function* () {
  const accepting = yield* Effect.acquireRelease(
    Effect.async<{ readonly server: net.Server; readonly port: number }>((resume) => {
      const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({ server, port: typeof address === "object" && address !== null ? address.port : 0 }))
      })
    }),
    ({ server }) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void))),
  )
  const accepted = yield* Effect.fork(
    Effect.async<net.Socket>((resume) => {
      accepting.server.once("connection", (socket) => {
        socket.on("error", () => {})
        resume(Effect.succeed(socket))
      })
    }),
  )
  const client = yield* Client.make({ outbox: 0, halfClosed: "keep" })
  const connection = yield* client.connect(tcpEndpoint("127.0.0.1", accepting.port))
  const socket = yield* Effect.acquireRelease(accepted, (peer) => Effect.sync(() => peer.destroy()))
  return { connection, socket }
}).pipe(Effect.provide(NodeTransport.layer))

const taken = (socket: net.Socket, bytes: number) =>
  Effect.async<void>((resume) => {
    let have = 0
    socket.on("data", (data) => {
      have += data.length
      if (have >= bytes) resume(Effect.void)
    })
    socket.resume()
  })

const withTables = it.scopedLive.skipIf(!existsSync("/proc/net/tcp"))

describe("the fate of the bytes sent to a server that has sent FIN", () => {
  withTables("is read if everything is acknowledged and the connection is not reset", () =>
    Effect.gen(function* () {
      const { connection, socket } = yield* connected
      yield* connection.send(utf8("question"))
      yield* taken(socket, 8)
      socket.end()
      expect(yield* Testing.receiveText(connection)).toBeUndefined()
      expect(yield* fateOfSent(connection)).toBe("read")
    }),
  )

  withTables("is unknown if more was sent after that", () =>
    Effect.gen(function* () {
      const { connection, socket } = yield* connected
      yield* connection.send(utf8("question"))
      yield* taken(socket, 8)
      socket.destroy()
      expect(yield* Testing.receiveText(connection)).toBeUndefined()
      // The kernel of the server answers with a reset.
      yield* connection.sendNow(utf8("late"))
      expect(["sent", "cut off"]).toContain(yield* fateOfSent(connection))
    }),
  )

  it.scopedLive("is cut off if the kernel has not accepted all of them", () =>
    Effect.gen(function* () {
      const { connection, socket } = yield* connected
      // More than both kernels buffer for a peer that never reads.
      yield* connection.sendNow(new Uint8Array(64 * 1024 * 1024))
      socket.end()
      yield* fateOfSent(connection).pipe(Effect.map((fate) => expect(fate).toBe("cut off")))
    }),
  )
})
