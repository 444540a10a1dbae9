import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import { Framing, type ServerEvent } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { makeTiming } from "../../src/runtime/Timing.ts"
import type { HostedServer } from "../../src/server/ConnectionHost.ts"
import { ServerConfig } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { makeCrew } from "../../src/workers/index.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

// A worker that counts the starts in a file. At each odd start it reports that it is ready; otherwise it hangs.
const script = `
const { appendFileSync, statSync } = require("node:fs")
const channel = new (require("node:net").Socket)({ fd: 4 })
channel.on("data", (bytes) => bytes.includes('"do":"end"') && process.exit()).on("close", () => process.exit())
const [, file] = process.argv
appendFileSync(file, ".")
if (statSync(file).size % 2 === 1) {
  const text = Buffer.from(JSON.stringify({ is: "ready" }))
  const head = Buffer.alloc(5)
  head.writeUInt32LE(text.length)
  head[4] = 7
  channel.write(Buffer.concat([head, text]))
}
`

const makeFixture = Effect.fn(function* (startsBefore: number) {
  const file = join(yield* temporaryFolder, "starts")
  writeFileSync(file, ".".repeat(startsBefore))
  const hub = yield* Hub.make({ framing: Framing.line })
  const events = yield* Queue.unbounded<ServerEvent>()
  const main: HostedServer = {
    settings: { ...ServerConfig.defaults, frame: Framing.line } as HostedServer["settings"],
    timing: yield* makeTiming,
    hub: hub.port,
    emit: (build) => void events.unsafeOffer(build({ seq: 1, at: 1 })),
  }
  const crew = makeCrew({
    count: 1,
    command: [process.execPath, "-e", script, file],
    mode: "echo",
    halfClosed: "close",
    optionsOf: () => ({}) as never,
  })
  yield* crew.open(main)
  const untilStarts = (count: number) => Effect.repeat(Testing.turns(1), { until: () => statSync(file).size === count })
  return { crew, events, untilStarts }
})

/** Lets seconds pass until there is a value. */
const passUntil = <A>(poll: Effect.Effect<Option.Option<A>>): Effect.Effect<A> =>
  Effect.flatMap(
    poll,
    Option.match({
      onSome: Effect.succeed,
      onNone: () =>
        Effect.zipRight(
          Effect.zipRight(TestClock.adjust("1 second"), Testing.turns(1)),
          Effect.suspend(() => passUntil(poll)),
        ),
    }),
  )

describe("a worker that hangs at its start", () => {
  it.scoped("makes the start of the server fail after 30 s", () =>
    Effect.gen(function* () {
      const { crew } = yield* makeFixture(1)
      const begun = yield* Effect.fork(Effect.flip(crew.begin))
      const error = yield* Effect.flatten(passUntil(Fiber.poll(begun)))
      expect(error.message).toBe("worker 1 cannot start: it was not ready after 30 s")
    }),
  )

  it.scoped("is replaced after 30 s when the server runs", () =>
    Effect.gen(function* () {
      const { crew, events, untilStarts } = yield* makeFixture(0)
      yield* crew.begin
      const first = yield* Queue.take(events)
      expect(first).toMatchObject({ _tag: "WorkerStarted", restarts: 0 })
      if (first._tag === "WorkerStarted") process.kill(first.pid, "SIGKILL")
      expect(yield* Queue.take(events)).toMatchObject({ _tag: "WorkerEnded", cause: "SIGKILL" })
      yield* TestClock.adjust("1 second")
      yield* untilStarts(2)
      const second = yield* passUntil(Queue.poll(events))
      expect(second).toMatchObject({ _tag: "WorkerEnded", cause: "it was not ready after 30 s" })
      yield* TestClock.adjust("1 second")
      expect(yield* Queue.take(events)).toMatchObject({ _tag: "WorkerStarted", restarts: 2 })
    }),
  )
})
