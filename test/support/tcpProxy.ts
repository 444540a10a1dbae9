import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"

/** A relay of TCP connections to a port of the loopback address, which a test can cut. */
export interface TcpProxy {
  readonly port: number
  /** Resets all connections, and refuses new ones until `mend`. */
  readonly cut: Effect.Effect<void>
  readonly mend: Effect.Effect<void>
  /** Stops reading from both sides, so that bytes queue up in the kernels. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
}

/** Starts a proxy. The end of the scope ends it. */
export const tcpProxy = (target: number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly proxy: TcpProxy; readonly close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      let isCut = false
      const keep = (socket: Socket): Socket => {
        sockets.add(socket)
        return socket.on("error", () => {}).on("close", () => sockets.delete(socket))
      }
      const reset = () => {
        for (const socket of sockets) socket.destroy()
      }
      const server = createServer((client) => {
        keep(client)
        if (isCut) {
          client.destroy()
          return
        }
        const upstream = keep(connect(target, "127.0.0.1"))
        client.on("close", () => upstream.destroy())
        upstream.on("close", () => client.destroy())
        client.on("data", (bytes) => upstream.write(bytes))
        upstream.on("data", (bytes) => client.write(bytes))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        if (address === null || typeof address === "string") throw new Error("the proxy has no port")
        const proxy: TcpProxy = {
          port: address.port,
          cut: Effect.sync(() => {
            isCut = true
            reset()
          }),
          mend: Effect.sync(() => {
            isCut = false
          }),
          freeze: Effect.sync(() => {
            for (const socket of sockets) socket.pause()
          }),
          thaw: Effect.sync(() => {
            for (const socket of sockets) socket.resume()
          }),
        }
        const close = () => {
          server.close()
          reset()
        }
        resume(Effect.succeed({ proxy, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  ).pipe(Effect.map(({ proxy }) => proxy))
