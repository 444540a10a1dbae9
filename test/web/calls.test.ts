import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { connectPage, makePageWorld } from "./support/pageWorld.ts"

/** Runs a stream. `until` waits for an element that satisfies a condition. */
const follow = <A, E>(stream: Stream.Stream<A, E>) =>
  Effect.gen(function* () {
    const queue = yield* Queue.bounded<A>(16)
    const fiber = yield* Effect.forkScoped(Stream.runForEach(stream, (value) => Queue.offer(queue, value)))
    const until = (isWanted: (value: A) => boolean): Effect.Effect<A> =>
      Effect.repeat(Queue.take(queue), { until: isWanted })
    return { fiber, until }
  })

describe("the calls of a page over a WebSocket", () => {
  it.scopedLive("open a tab, execute a command, and show its outcome", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const page = yield* connectPage(server)
      expect(yield* page.About()).toEqual({ version: "0.0.0", attachedTo: "ui" })
      const { tab } = yield* page.OpenTab({ kind: "server" })
      const states = yield* follow(page.State({ tab }, { streamBufferSize: 16 }))
      const idle = yield* states.until(() => true)
      expect(idle).toMatchObject({ _tag: "ServerWindow", listening: "idle" })
      const outcome = yield* page.Do({ tab, command: { _tag: "Listen", endpoint: "127.0.0.1:9000" } })
      expect(outcome).toEqual({ _tag: "ListeningOn", endpoint: "127.0.0.1:9000" })
      const listening = yield* states.until((state) => state._tag === "ServerWindow" && state.listening === "listening")
      expect(listening).toMatchObject({ endpoints: ["127.0.0.1:9000"] })
      yield* page.CloseTab({ tab })
      const refusal = yield* Effect.flip(page.Do({ tab, command: { _tag: "Quit" } }))
      expect(refusal).toMatchObject({ _tag: "Refusal", reason: "unknown" })
      yield* Fiber.interrupt(states.fiber)
    }),
  )

  it.scopedLive("test a match with the engine of the rules, even with an expensive expression", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const page = yield* connectPage(server)
      const sample = `${"a".repeat(10_000)}!`
      expect(yield* page.TryMatch({ match: { _tag: "Regex", source: "(a+)+$" }, sample })).toEqual({})
      expect(yield* page.TryMatch({ match: { _tag: "Regex", source: "user=(\\w+)" }, sample: "user=ann" })).toEqual({
        captures: ["user=ann", "ann"],
      })
      expect(yield* page.TryMatch({ match: { _tag: "Hex", pattern: "01 ?? *" }, sample: "0103 0a" })).toEqual({
        captures: ["01 03"],
      })
      const refusals = yield* Effect.forEach(
        [
          page.TryMatch({ match: { _tag: "Regex", source: "(?<=x)y" }, sample: "xy" }),
          page.TryMatch({ match: { _tag: "Hex", pattern: "01 ?? *" }, sample: "0" }),
        ],
        Effect.flip,
      )
      expect(refusals.map((refusal) => refusal._tag === "Refusal" && refusal.reason)).toEqual(["value", "payload"])
    }),
  )
})
