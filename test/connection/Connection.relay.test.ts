import { describe, expect } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import { Client } from "../../src/client/index.ts"
import { Connection, type ConnectionEnd, type RelayEnd } from "../../src/connection/index.ts"
import type { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

/** A proxy before a server with `handler`. `end` is the result of the relay of the first connection. */
const proxied = <E>(handler: Handler.Handler<E, never>) =>
  Effect.gen(function* () {
    const target = yield* Testing.serve({ handler })
    const end = yield* Deferred.make<RelayEnd>()
    const proxy = yield* Testing.serve({
      handler: (down) =>
        Effect.gen(function* () {
          const client = yield* Client.make({ halfClosed: "keep" })
          const up = yield* client.connect(target.endpoint)
          yield* Deferred.succeed(end, yield* Connection.relay(down, up))
        }),
    })
    const connect = proxy.connect({ halfClosed: "keep" })
    return { target, proxy, connect, end: Deferred.await(end) }
  })

describe("Connection.relay", () => {
  overEachTransport("carries both directions and each FIN, and counts the bytes", () =>
    Effect.gen(function* () {
      // The target answers only after the FIN of the client, so the FIN must pass while the other direction is open.
      const { connect, end } = yield* proxied((up) =>
        Effect.gen(function* () {
          const question = yield* Testing.receiveAll(up)
          yield* up.send(utf8(`${string(question)} has ${question.length} bytes`))
        }),
      )
      const connection = yield* connect
      yield* connection.send(utf8("hello"))
      yield* connection.halfClose
      expect(string(yield* Testing.receiveAll(connection))).toBe("hello has 5 bytes")
      expect(yield* end).toEqual({ bytesFromA: 5, bytesFromB: 17 })
    }),
  )

  overEachTransport("carries the FIN of the target while the client continues to send", () =>
    Effect.gen(function* () {
      const received = yield* Deferred.make<string>()
      const { connect, end } = yield* proxied((up) =>
        Effect.gen(function* () {
          yield* up.send(utf8("bye"))
          yield* up.halfClose
          yield* Deferred.succeed(received, string(yield* Testing.receiveAll(up)))
        }),
      )
      const connection = yield* connect
      expect(string(yield* Testing.receiveAll(connection))).toBe("bye")
      yield* connection.send(utf8("still here"))
      yield* connection.close
      expect(yield* Deferred.await(received)).toBe("still here")
      expect(yield* end).toEqual({ bytesFromA: 10, bytesFromB: 3 })
    }),
  )

  overEachTransport("carries a reset of the target to the client, and reports it", () =>
    Effect.gen(function* () {
      const { connect, end } = yield* proxied((up) => Effect.zipRight(up.receive, up.reset))
      const connection = yield* connect
      yield* connection.send(utf8("x"))
      expect((yield* connection.closed).reason._tag).toBe("PeerReset")
      expect(yield* end).toMatchObject({ bytesFromA: 1, error: { _tag: "ConnectionClosedError" } })
    }),
  )

  overEachTransport("carries a reset of the client to the target", () =>
    Effect.gen(function* () {
      const reason = yield* Deferred.make<string>()
      const { connect } = yield* proxied((up) =>
        Effect.gen(function* () {
          yield* up.send(utf8("ready"))
          const ended = yield* Effect.either(up.runForEach(() => Effect.void))
          yield* Deferred.succeed(reason, Either.isLeft(ended) ? ended.left.reason._tag : "no failure")
        }).pipe(
          Effect.onInterrupt(() => Effect.flatMap(up.closed, (end) => Deferred.succeed(reason, end.reason._tag))),
        ),
      )
      const connection = yield* connect
      expect(yield* Testing.receiveText(connection)).toBe("ready")
      yield* connection.reset
      expect(yield* Deferred.await(reason)).toBe("PeerReset")
    }),
  )

  overEachTransport("stops reading from a side while the other side does not read", () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      const total = 64 * 1024 * 1024
      const { connect, proxy } = yield* proxied((up) =>
        Effect.gen(function* () {
          yield* Deferred.await(open)
          yield* up.send(utf8(String((yield* Testing.receiveAll(up)).length)))
        }),
      )
      const connection = yield* connect
      const piece = new Uint8Array(64 * 1024)
      const sending = yield* Effect.fork(
        Effect.zipRight(
          Effect.replicateEffect(connection.send(piece), total / piece.length, { discard: true }),
          connection.halfClose,
        ),
      )
      // The sender stops when all buffers on the way are full.
      yield* Effect.repeat(Effect.yieldNow(), { until: () => Effect.map(connection.pending, (bytes) => bytes > 0) })
      const { bytesIn } = yield* proxy.server.traffic
      expect(bytesIn).toBeLessThan(total / 2)
      yield* Deferred.succeed(open, undefined)
      yield* Fiber.join(sending)
      expect(string(yield* Testing.receiveAll(connection))).toBe(String(total))
    }),
  )

  overEachTransport("leaves the numbers of bytes to the ends of both connections when it is interrupted", () =>
    Effect.gen(function* () {
      const ends = yield* Deferred.make<ReadonlyArray<ConnectionEnd>>()
      const target = yield* Testing.serve({ handler: (up) => up.runForEach(() => up.send(utf8("answer"))) })
      const proxy = yield* Testing.serve({
        handler: (down) =>
          Effect.gen(function* () {
            const client = yield* Client.make({ halfClosed: "keep" })
            const up = yield* client.connect(target.endpoint)
            yield* Effect.ensuring(
              Connection.relay(down, up),
              Effect.flatMap(Effect.all([down.closed, up.closed]), (both) => Deferred.succeed(ends, both)),
            )
          }),
      })
      const connection = yield* proxy.connect()
      yield* connection.send(utf8("ask"))
      expect(yield* Testing.receiveText(connection)).toBe("answer")
      yield* connection.reset
      expect(yield* Deferred.await(ends)).toMatchObject([
        { bytesIn: 3, bytesOut: 6 },
        { bytesIn: 6, bytesOut: 3 },
      ])
    }),
  )
})
