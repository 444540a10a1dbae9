import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/TestClock"
import { Framing, type ServerEvent } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { makeTiming } from "../../src/runtime/Timing.ts"
import type { HostedServer } from "../../src/server/ConnectionHost.ts"
import { ServerConfig } from "../../src/server/index.ts"
import { makeCrew } from "../../src/workers/index.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

// A worker that reports that it is ready if a file exists, removes the file, and hangs otherwise.
const script = `
const { existsSync, rmSync } = require("node:fs")
const channel = new (require("node:net").Socket)({ fd: 4 })
channel.on("data", (bytes) => bytes.includes('"do":"end"') && process.exit()).on("close", () => process.exit())
const [, file] = process.argv
if (existsSync(file)) {
  rmSync(file)
  const text = Buffer.from(JSON.stringify({ is: "ready" }))
  const head = Buffer.alloc(5)
  head.writeUInt32LE(text.length)
  head[4] = 7
  channel.write(Buffer.concat([head, text]))
}
`

const fixture = Effect.gen(function* () {
  const file = join(yield* temporaryFolder, "ready")
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
  return { crew, events, startsWell: Effect.sync(() => writeFileSync(file, "")) }
})

const seconds = (count: number) => Effect.forEach(Array.from({ length: count }), () => TestClock.adjust("1 second"))

describe("a worker that hangs at its start", () => {
  it.scoped("makes the start of the server fail after 30 s", () =>
    Effect.gen(function* () {
      const { crew } = yield* fixture
      const begun = yield* Effect.fork(Effect.flip(crew.begin))
      yield* seconds(32)
      expect((yield* Fiber.join(begun)).message).toBe("worker 1 cannot start: it was not ready after 30 s")
    }),
  )

  it.scoped("is replaced after 30 s when the server runs", () =>
    Effect.gen(function* () {
      const { crew, events, startsWell } = yield* fixture
      yield* startsWell
      yield* crew.begin
      const first = yield* Queue.take(events)
      expect(first).toMatchObject({ _tag: "WorkerStarted", restarts: 0 })
      if (first._tag === "WorkerStarted") process.kill(first.pid, "SIGKILL")
      expect(yield* Queue.take(events)).toMatchObject({ _tag: "WorkerEnded", cause: "SIGKILL" })
      yield* seconds(32)
      yield* startsWell
      expect(yield* Queue.take(events)).toMatchObject({ _tag: "WorkerEnded", cause: "it was not ready after 30 s" })
      yield* seconds(1)
      expect(yield* Queue.take(events)).toMatchObject({ _tag: "WorkerStarted", restarts: 2 })
    }),
  )
})
