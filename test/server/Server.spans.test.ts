import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import { Client } from "../../src/client/index.ts"
import { Codec, Framing, formatEndpoint, tcpEndpoint } from "../../src/domain/index.ts"
import { Messages, Requests } from "../../src/protocol/index.ts"
import { Handler, Middleware, Server, type ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { recordingTracer } from "../support/spans.ts"

const within = (parent: string) => Effect.withSpan(parent)
const line = { frame: Framing.line }

describe("a program with a tracer", () => {
  overEachTransport("sees its public operations as spans with their endpoints, below its own spans", () =>
    Effect.gen(function* () {
      const { seen, tracer } = recordingTracer()
      const program = Effect.gen(function* () {
        const server = yield* Server.make({ handler: Handler.echo(), settings: line })
        const [{ endpoint }] = yield* within("start")(server.listenAll(["127.0.0.1:0"]))
        const client = yield* Client.make(line)
        const connection = yield* within("call")(client.connect(endpoint))
        const texts = Messages.of(connection, { receive: Codec.text, send: Codec.text })
        const requests = yield* Requests.make(texts, { correlate: "fifo", timeout: "10 seconds" })
        expect(yield* within("ask")(requests.request("hello"))).toBe("hello")
        yield* connection.close
        yield* within("stop")(server.drain)
        return { endpoint, local: connection.local }
      })
      const { endpoint, local } = yield* Effect.withTracer(program, tracer)
      const [bound, from] = [formatEndpoint(endpoint), formatEndpoint(local)]
      const ended = "Success"
      expect(seen().filter(({ parent }) => parent !== undefined)).toEqual([
        {
          name: "Server.listenAll",
          kind: "internal",
          parent: "start",
          attributes: { endpoints: ["127.0.0.1:0"] },
          ended,
        },
        {
          name: "Server.listen",
          kind: "internal",
          parent: "Server.listenAll",
          attributes: { endpoint: "127.0.0.1:0", bound },
          ended,
        },
        {
          name: "Client.connect",
          kind: "client",
          parent: "call",
          attributes: { endpoint: bound, local: from, remote: bound },
          ended,
        },
        { name: "Requests.request", kind: "client", parent: "ask", attributes: {}, ended },
        { name: "Server.drain", kind: "internal", parent: "stop", attributes: { graceful: 0, forced: 0 }, ended },
      ])
    }),
  )

  it.scoped("sees failures, with the endpoint that was asked for", () =>
    Effect.gen(function* () {
      const { seen, tracer } = recordingTracer()
      const client = yield* Client.make()
      yield* Effect.flip(Effect.withTracer(client.connect(tcpEndpoint("127.0.0.1", 9)), tracer))
      yield* Effect.flip(Effect.withTracer(client.connect("nowhere:x"), tracer))
      expect(seen()).toMatchObject([
        { name: "Client.connect", attributes: { endpoint: "127.0.0.1:9" }, ended: "Failure" },
        { name: "Client.connect", attributes: { endpoint: "nowhere:x" }, ended: "Failure" },
      ])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("sees each handler as a span without a parent, with the middleware `tracing`", () =>
    Effect.gen(function* () {
      const { seen, tracer } = recordingTracer()
      const serve = (connection: ServerConnection) =>
        Effect.withSpan(connection.id === 1 ? Effect.void : Effect.fail("no luck"), "work")
      const program = Effect.gen(function* () {
        const server = yield* Server.make({
          handler: pipe(serve, Middleware.tracing({ name: "serve" })),
          onHandlerFailure: () => Effect.void,
        })
        const events = yield* Testing.probe(server.subscribeEvents())
        const { endpoint } = yield* server.listen("127.0.0.1:0")
        const client = yield* Client.make()
        yield* client.connect(endpoint)
        yield* client.connect(endpoint)
        yield* events.first("ConnectionClosed", 2)
        return events.all("ConnectionOpened")
      })
      const opened = yield* Effect.withTracer(Effect.withSpan(program, "program"), tracer)
      const expected = opened.map(({ id, local, remote }) => ({
        name: "serve",
        kind: "server",
        parent: undefined,
        attributes: { connection: id, local: formatEndpoint(local), remote: formatEndpoint(remote) },
        ended: id === 1 ? "Success" : "Failure",
      }))
      expect(seen().filter(({ name }) => name === "serve")).toEqual(expected)
      expect(
        seen()
          .filter(({ name }) => name === "work")
          .map(({ parent }) => parent),
      ).toEqual(["serve", "serve"])
    }),
  )
})
