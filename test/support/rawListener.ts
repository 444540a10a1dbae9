import * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A listening socket of node:net. */
export interface RawListener {
  readonly port: number
  /** Waits for the first connection. */
  readonly first: Effect.Effect<net.Socket>
}

/** Where a raw listener listens. */
export type RawAddress = { readonly host: string; readonly port: number } | { readonly path: string }

const anyPort: RawAddress = { host: "127.0.0.1", port: 0 }

/**
 * Listens, and calls `onSocket` with each connection. The end of the scope destroys the connections. The sockets stay
 * half-open after the FIN of the client.
 */
export const listenRaw = (
  onSocket: (socket: net.Socket) => void = (socket) => socket.resume(),
  address: RawAddress = anyPort,
): Effect.Effect<RawListener, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: net.Server; readonly sockets: Array<net.Socket> }>((resume) => {
        const sockets: Array<net.Socket> = []
        const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
          sockets.push(socket)
          socket.on("error", () => {})
          onSocket(socket)
          server.emit("taken")
        })
        server.listen(address, () => resume(Effect.succeed({ server, sockets })))
      }),
      ({ server, sockets }) =>
        Effect.async<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        }),
    ),
    ({ server, sockets }) => {
      const bound = server.address()
      return {
        port: typeof bound === "object" && bound !== null ? bound.port : 0,
        first: Effect.async<net.Socket>((resume) => {
          const look = () => {
            if (sockets[0] !== undefined) resume(Effect.succeed(sockets[0]))
          }
          server.on("taken", look)
          look()
          return Effect.sync(() => void server.off("taken", look))
        }),
      }
    },
  )
