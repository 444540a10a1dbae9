import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Framing } from "../../src/domain/index.ts"
import { Hub, type HubHistory } from "../../src/hub/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

/** A broker whose hub has a history. */
const brokerWith = (history: HubHistory, budgetBytes = 8 * 1024 * 1024) =>
  Effect.gen(function* () {
    const hub = yield* Hub.make({ framing: Framing.line, history, budgetBytes })
    return yield* Testing.serve({ handler: Handler.broker(), hub })
  })

describe("the history of a server", () => {
  it.scoped("comes first for each client that connects, with the frames of its own earlier connection", () =>
    Effect.gen(function* () {
      const { connectPeer, events, server } = yield* brokerWith({ last: 3 })
      const early = yield* connectPeer()
      yield* early.send("1\n2\n")
      yield* events.first("FrameReceived", 2)
      yield* server.broadcast(utf8("3"))
      yield* early.send("4\n")
      yield* early.expect("3\n")
      yield* events.first("FrameReceived", 3)
      const late = yield* connectPeer()
      yield* late.expect("2\n3\n4\n")
      yield* early.send("5\n")
      yield* late.expect("5\n")
      yield* late.send("6\n")
      yield* early.expect("6\n")
      yield* early.reset
      yield* events.first("ConnectionClosed", 1)
      yield* (yield* connectPeer()).expect("4\n5\n6\n")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("has at most a quarter of the budget of a client", () =>
    Effect.gen(function* () {
      const { connectPeer, server } = yield* brokerWith({ last: 100 }, 4000)
      for (let at = 100; at < 400; at++) yield* server.broadcast(utf8(`${at}`.padStart(9)))
      const late = yield* connectPeer()
      const bytes = yield* late.take(1000)
      expect(textOf(bytes).split("\n").map(Number)).toEqual([...Array.from({ length: 100 }, (_, at) => 300 + at), 0])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("comes first in a stream of the hub that asks for it", () =>
    Effect.gen(function* () {
      const hub = yield* Hub.make({ framing: Framing.line, history: { last: 2 } })
      for (const text of ["1", "2", "3"]) yield* hub.publish(utf8(text))
      const streams = [yield* hub.subscribe({ history: true }), yield* hub.subscribe()]
      yield* hub.publish(utf8("4"))
      const texts = yield* Effect.forEach(streams, (stream, at) => Stream.runCollect(Stream.take(stream, 3 - 2 * at)))
      expect(texts.map((frames) => Array.from(frames, ({ bytes }) => textOf(bytes)))).toEqual([["2", "3", "4"], ["4"]])
    }),
  )
})
