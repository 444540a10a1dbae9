import * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type TcpEndpoint, tcpEndpoint } from "../../src/domain/index.ts"

/** The handshake of a proxy in a test. The proxy relays the later bytes to the target. */
export type ProxyScript = (client: net.Socket, relay: (target: TcpEndpoint, greeting: Uint8Array) => void) => void

/** A proxy with a scripted handshake. It ends with the scope. */
export const scriptedProxy = (script: ProxyScript): Effect.Effect<TcpEndpoint, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: net.Server; readonly sockets: Set<net.Socket> }>((resume) => {
        const sockets = new Set<net.Socket>()
        const keep = (socket: net.Socket) => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("close", () => sockets.delete(socket))
        }
        const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
          keep(client)
          script(client, (target, greeting) => {
            const onward = net.connect({ host: target.host, port: target.port, allowHalfOpen: true }, () => {
              client.removeAllListeners("data")
              client.write(greeting)
              client.pipe(onward)
              onward.pipe(client)
            })
            keep(onward)
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sockets })))
      }),
      ({ server, sockets }) =>
        Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        }),
    ),
    ({ server }) => {
      const address = server.address()
      return tcpEndpoint("127.0.0.1", address !== null && typeof address === "object" ? address.port : 0)
    },
  )

const request = /^CONNECT ([^\s:]+):([0-9]+) HTTP\/1\.1\r\n/

/** An HTTP proxy that takes every name for this machine. `answer` may refuse a request: it gives the refusal. */
export const httpProxy = (answer: (head: string) => string | undefined = () => undefined) =>
  scriptedProxy((client, relay) => {
    let head = ""
    client.on("data", (bytes) => {
      head += bytes.toString("latin1")
      const found = request.exec(head)
      if (!head.endsWith("\r\n\r\n") || found === null) return
      const refusal = answer(head)
      if (refusal === undefined)
        relay(tcpEndpoint("127.0.0.1", Number(found[2])), Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))
      else client.end(refusal)
    })
  })
