import * as net from "node:net"
import * as tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Endpoint, tcpEndpoint } from "../../src/domain/index.ts"
import type { Tls } from "../../src/transport/index.ts"

/** Both layers of a TLS connection of Node. Ending the lower layer ends TLS without close_notify. */
export interface TlsPeer {
  readonly secured: tls.TLSSocket
  readonly lower: net.Socket
}

/** A server of node:tls, for behaviour that our server never has. `serve` gets each connection after its handshake. */
export const nodeTlsServer = (
  identity: Tls.Identity,
  serve: (peer: TlsPeer) => void,
  options: tls.SecureContextOptions = {},
) =>
  Effect.acquireRelease(
    Effect.async<{ readonly endpoint: Endpoint; readonly server: net.Server; readonly peers: Set<net.Socket> }>(
      (resume) => {
        const secureContext = tls.createSecureContext({
          cert: identity.cert,
          key: Redacted.value(identity.key),
          ...options,
        })
        const peers = new Set<net.Socket>()
        const server = net.createServer((lower) => {
          peers.add(lower)
          lower.on("error", () => {})
          const secured = new tls.TLSSocket(lower, { isServer: true, secureContext })
          secured.on("error", () => {})
          // During the turn of this event OpenSSL has not finished the handshake.
          secured.once("secure", () => setImmediate(serve, { secured, lower }))
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(Effect.succeed({ endpoint: tcpEndpoint("127.0.0.1", port), server, peers }))
        })
      },
    ),
    ({ peers, server }) =>
      Effect.sync(() => {
        for (const peer of peers) peer.destroy()
        server.close()
      }),
  )

/** A client of node:tls. Returns both layers after the handshake, or the error code of a failed handshake. */
export const dialNodeTls = (endpoint: Endpoint, options: tls.ConnectionOptions) =>
  Effect.acquireRelease(
    Effect.async<TlsPeer, string>((resume) => {
      const lower = net.connect(endpoint._tag === "Tcp" ? { host: endpoint.host, port: endpoint.port } : { path: "" })
      lower.on("error", () => {})
      lower.once("connect", () => {
        const secured = tls.connect({ socket: lower, servername: "localhost", ...options }, () =>
          resume(Effect.succeed({ secured, lower })),
        )
        secured.on("error", (error) => resume(Effect.fail("code" in error ? String(error.code) : error.message)))
      })
    }),
    ({ lower }) => Effect.sync(() => lower.destroy()),
  )
