import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type Endpoint, type ListenEndpoints, ListenError, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { Handler, Server, ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, Transport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const portOf = (endpoint: Endpoint) => (endpoint._tag === "Tcp" ? endpoint.port : 0)
const dial = (endpoint: Endpoint) => Effect.flatMap(Transport, (transport) => Effect.scoped(transport.dial(endpoint)))

describe("a server that listens on several endpoints", () => {
  overEachTransport("serves all endpoints, and reports the endpoint of each connection", () =>
    Effect.gen(function* () {
      const { connectTo, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const listeners = yield* server.listenAll([anyPort, tcpEndpoint("::1", 0)])
      const [first, second] = listeners.map(({ endpoint }) => endpoint)
      if (first === undefined || second === undefined) return expect.fail()
      expect((yield* events.first("Listening", 3)).slice(1)).toMatchObject([{ endpoint: first }, { endpoint: second }])
      const a = yield* connectTo(first)
      const b = yield* connectTo(second)
      const opened = yield* events.first("ConnectionOpened", 2)
      expect(opened.map(({ local }) => local)).toEqual([first, second])
      yield* a.send(utf8("from one to the other"))
      expect(yield* Testing.receiveText(b)).toBe("from one to the other")
    }),
  )

  overEachTransport("leaves no listener open when one fails, and names its endpoint", () =>
    Effect.gen(function* () {
      const { endpoint: taken, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const other = yield* Server.make({ handler: Handler.broker() })
      const free = (yield* Effect.scoped(other.listen(anyPort))).endpoint
      const error = yield* Effect.flip(other.listenAll([free, tcpEndpoint("no-such-host.invalid", 1), anyPort]))
      expect(error).toMatchObject({ _tag: "ListenError", reason: "NameNotFound" })
      expect(yield* other.listening).toEqual([])
      expect(yield* Effect.flip(dial(free))).toMatchObject({ reason: "Refused" })
      expect(yield* Effect.flip(other.listenAll([free, taken]))).toMatchObject({
        reason: "AddressInUse",
        endpoint: taken,
      })
      expect(yield* Effect.flip(dial(free))).toMatchObject({ reason: "Refused" })
      expect(yield* server.listening).toEqual([taken])
      expect(events.all("ListenStopped")).toEqual([])
    }),
  )

  overEachTransport("names the conflict when the server itself has the address", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* Testing.serve({ handler: Handler.broker() })
      const all = tcpEndpoint("0.0.0.0", portOf(endpoint))
      for (const asked of [endpoint, all]) {
        const error = yield* Effect.flip(server.listen(asked))
        expect(error).toMatchObject({ reason: "AddressInUse", endpoint: asked, conflict: endpoint })
        expect(error.message).toContain("this server already listens on")
      }
      const other = yield* Server.make({ handler: Handler.broker() })
      const error = yield* Effect.flip(other.listen(all))
      expect(error).toBeInstanceOf(ListenError)
      expect(error).not.toHaveProperty("conflict")
      expect(error.message).toContain("the port is in use")
    }),
  )

  overEachTransport("can listen on the same ports twenty times in a row, with connections between", () =>
    Effect.gen(function* () {
      const { connectTo, events, server } = yield* Testing.serve({ handler: Handler.echo("close") })
      const ends = yield* Scope.make()
      const listeners = yield* Scope.extend(server.listenAll([anyPort, tcpEndpoint("::1", 0)]), ends)
      yield* Scope.close(ends, Exit.void)
      const [first, ...more] = listeners.map(({ endpoint }) => endpoint)
      if (first === undefined) return expect.fail()
      const endpoints: ListenEndpoints = [first, ...more]
      for (let round = 1; round <= 20; round++) {
        const scope = yield* Scope.make()
        const bound = yield* Scope.extend(server.listenAll(endpoints), scope)
        expect(bound.map(({ endpoint }) => endpoint)).toEqual(endpoints)
        for (const [index, { endpoint }] of bound.entries()) {
          const connection = yield* connectTo(endpoint)
          yield* connection.send(utf8(`${round}`))
          expect(yield* Testing.receiveText(connection)).toBe(`${round}`)
          yield* events.first("ConnectionOpened", (round - 1) * 2 + index + 1)
        }
        yield* Scope.close(scope, Exit.void)
        for (const { endpoint } of bound) {
          expect(yield* Effect.flip(dial(endpoint))).toMatchObject({ reason: "Refused" })
        }
      }
    }),
  )

  overEachTransport("keeps [::] to IPv6 when its settings say so, and has 0.0.0.0 beside it on the same port", () =>
    Effect.gen(function* () {
      const apart = yield* Server.make({ handler: Handler.broker(), settings: { ipv6Only: true } })
      const { endpoint } = yield* apart.listen(tcpEndpoint("::", 0))
      yield* apart.listen(tcpEndpoint("0.0.0.0", portOf(endpoint)))
      const both = yield* Server.make({ handler: Handler.broker() })
      const dual = (yield* both.listen(tcpEndpoint("::", 0))).endpoint
      const error = yield* Effect.flip(both.listen(tcpEndpoint("0.0.0.0", portOf(dual))))
      expect(error.message).toContain("--ipv6-only")
    }),
  )
})

describe("the layer of a server", () => {
  it.scoped("listens on all endpoints of the settings", () =>
    Effect.gen(function* () {
      const listen: ListenEndpoints = [tcpEndpoint("127.0.0.1", 4000), unixEndpoint("@x")]
      const layer = Server.layer({ handler: Handler.broker() }).pipe(Layer.provide(ServerConfig.layer({ listen })))
      const { listening } = yield* Effect.provide(Server, yield* Layer.build(layer))
      expect(yield* listening).toEqual(listen)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
