import * as http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { makeWatchServer } from "../../../src/cli/watch/WatchServer.ts"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { askHttp } from "../../support/http.ts"
import { dialRaw } from "../../support/rawPeer.ts"

const plain = (body: string) => ({ status: 200, contentType: "text/plain", body })
const large = "x".repeat(64 * 1024 * 1024)

/** A server with short deadlines, and its endpoint. */
const watched = Effect.gen(function* () {
  const address = yield* makeWatchServer({
    host: "127.0.0.1",
    port: 0,
    answers: {
      "/": Effect.succeed(plain("hello")),
      "/large": Effect.succeed(plain(large)),
      "/broken": Effect.dieMessage("broken"),
    },
    deadlineMillis: 200,
  })
  return { address, endpoint: tcpEndpoint("127.0.0.1", Number(new URL(address).port)) }
})

describe("the server of the metrics", () => {
  it.scopedLive("closes a connection that sends no request, and one that takes nothing of its answer", () =>
    Effect.gen(function* () {
      const { address, endpoint } = yield* watched
      const silent = yield* dialRaw(endpoint)
      const partial = yield* dialRaw(endpoint)
      yield* partial.send("GET / HTTP/1.1\r\nHost:")
      const stopped = yield* dialRaw(endpoint, { reads: false })
      yield* stopped.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
      yield* Effect.forEach([silent, partial], ({ takeRest }) => Effect.exit(takeRest))
      // Node looks at a connection that takes nothing once in each deadline. The kernel has taken a part of the answer long
      // ago when these connections reach their deadlines, one after the other.
      yield* Effect.replicateEffect(
        Effect.flatMap(dialRaw(endpoint), ({ takeRest }) => Effect.exit(takeRest)),
        4,
      )
      yield* stopped.startReading
      const rest = yield* Effect.exit(stopped.takeRest)
      if (rest._tag === "Success") expect(rest.value.length).toBeLessThan(large.length)
      expect((yield* askHttp(address)).body).toBe("hello")
    }),
  )

  it.scopedLive("has a bound for its connections, and works again when they have ended", () =>
    Effect.gen(function* () {
      const { address, endpoint } = yield* watched
      yield* Effect.gen(function* () {
        const crowd = yield* Effect.replicateEffect(dialRaw(endpoint), 100)
        yield* Effect.forEach(crowd, ({ takeRest }) => Effect.exit(takeRest), { concurrency: "unbounded" })
      }).pipe(Effect.scoped)
      expect((yield* askHttp(address)).body).toBe("hello")
    }),
  )

  it.scopedLive("answers 500 when an answer fails, and refuses a header that is too long", () =>
    Effect.gen(function* () {
      const { address, endpoint } = yield* watched
      expect(yield* askHttp(`${address}/broken`)).toMatchObject({ status: 500 })
      const peer = yield* dialRaw(endpoint)
      yield* peer.send(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)
      yield* Effect.exit(peer.takeRest)
      expect((yield* askHttp(address)).body).toBe("hello")
    }),
  )

  it.scopedLive("says why it cannot listen", () =>
    Effect.gen(function* () {
      const taken = yield* Effect.acquireRelease(
        Effect.async<http.Server>((resume) => {
          const server = http.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void))),
      )
      const address = taken.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const result = yield* Effect.either(makeWatchServer({ host: "127.0.0.1", port, answers: {} }))
      expect(Either.getLeft(result)).toMatchObject({ value: { code: "EADDRINUSE" } })
    }),
  )
})
