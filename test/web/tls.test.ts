import * as https from "node:https"
import * as net from "node:net"
import * as tls from "node:tls"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import { rpcUrl } from "../../src/web/api/access.ts"
import { makeIdentity } from "../support/certificates.ts"
import { makePageWorld } from "./support/pageWorld.ts"

it.scopedLive("the page over TLS has an https address, accepts its own origin, and ends although peers stall", () =>
  Effect.gen(function* () {
    const identity = yield* Effect.promise(() => makeIdentity())
    const scope = yield* Scope.make()
    const { server } = yield* Scope.extend(makePageWorld({ tls: identity }), scope)
    expect(server.address).toBe(`https://127.0.0.1:${server.port}/?token=${server.token}`)
    const ca = identity.cert
    const status = yield* Effect.async<number>((resume) => {
      https.get(server.address, { ca, agent: false }, (response) => {
        response.resume()
        resume(Effect.succeed(response.statusCode ?? 0))
      })
    })
    expect(status).toBe(200)
    const opened = (origin: string) =>
      Effect.async<"open" | number>((resume) => {
        const socket = new WebSocket(rpcUrl(server.origin, server.token), { ca, headers: { origin } })
        socket.on("open", () => resume(Effect.succeed("open")))
        socket.on("unexpected-response", (_request, response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode ?? 0))
        })
        socket.on("error", () => {})
      })
    expect(yield* opened(server.origin)).toBe("open")
    expect(yield* opened(`http://127.0.0.1:${server.port}`)).toBe(403)
    // One peer sends no handshake. The other one sends no request after the handshake.
    yield* Effect.acquireRelease(
      Effect.async<net.Socket>((resume) => {
        const socket = net.connect({ port: server.port, host: "127.0.0.1" })
        socket.on("error", () => {})
        socket.on("connect", () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => socket.destroy()),
    )
    yield* Effect.acquireRelease(
      Effect.async<tls.TLSSocket>((resume) => {
        const socket = tls.connect({ port: server.port, host: "127.0.0.1", ca })
        socket.on("error", () => {})
        socket.on("secureConnect", () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => socket.destroy()),
    )
    yield* Scope.close(scope, Exit.void)
  }),
)
