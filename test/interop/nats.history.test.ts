import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { NatsHubService } from "../../src/hub/nats/index.ts"
import { natsNode, publishNumbers } from "../support/natsNode.ts"
import { type NatsServerOptions, natsServer, startNats } from "../support/natsServer.ts"
import { haveAll } from "../support/peers.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { textOf } from "../support/wireProbe.ts"

const streamArgs = (folder: string) => ["-js", "-sd", join(folder, "jetstream")]

/** Starts a NATS server with JetStream. */
const startJetStream = (options: NatsServerOptions = {}) =>
  Effect.flatMap(temporaryFolder, (folder) => startNats({ args: streamArgs(folder), ...options }))

/** The first `count` texts of a subscriber that joins now and gets the history. */
const joinLate = (hub: NatsHubService, count: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const stream = yield* hub.subscribe({ history: true })
      const frames = yield* Stream.runCollect(Stream.take(stream, count))
      return Chunk.toReadonlyArray(frames).map(({ bytes }) => textOf(bytes))
    }),
  )

const last5 = { history: { last: 5 } }

describe.runIf(haveAll(natsServer))("the history of a hub on NATS", { timeout: 120_000 }, () => {
  it.scopedLive("gives a late joiner of each node the last frames of all nodes, and then what follows", () =>
    Effect.gen(function* () {
      const { url } = yield* startJetStream()
      const a = yield* natsNode(url, "a", last5)
      const b = yield* natsNode(url, "b", last5)
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      yield* publishNumbers(a.hub, "a", 0, 10)
      yield* b.has(10)
      yield* publishNumbers(b.hub, "b", 0, 2)
      yield* a.has(12)
      const expected = ["a7", "a8", "a9", "b0", "b1"]
      expect(yield* joinLate(a.hub, 5)).toEqual(expected)
      expect(yield* joinLate(b.hub, 5)).toEqual(expected)
      const late = yield* Effect.fork(joinLate(b.hub, 7))
      yield* Effect.yieldNow()
      yield* publishNumbers(a.hub, "a", 10, 2)
      expect(yield* Fiber.join(late)).toEqual([...expected, "a10", "a11"])
    }),
  )
})
