import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connectStorm } from "../support/connectStorm.ts"
import { haveAll, python } from "../support/peers.ts"
import { socketHolder } from "../support/socketHolder.ts"
import { tcpfxRun } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))

const clients = 16
const exchanges = 150

/** The arguments of an echo server that greets each client with its name. */
const echo = (name: string, more: ReadonlyArray<string> = []) => [
  path("bin/tcpfx.cjs"),
  ...["serve", "fd:3", "--mode", "echo", "--frame", "line", "--send", name, "--no-traffic", ...more],
]

/** Ends the new server, and returns its exit code. */
const endNew = (holder: Effect.Effect.Success<typeof socketHolder>) =>
  Effect.zipRight(holder.kill("new", "SIGTERM"), holder.ended("new"))

const library = (name: string) => [path("scripts/run-ts.mjs"), path("test/support/replaceable.ts"), name]

describe.skipIf(!haveAll(python))("a restart on a socket that another process holds", () => {
  it.scopedLive("refuses no client and loses no answer when the new server starts before the old one stops", () =>
    Effect.gen(function* () {
      const holder = yield* socketHolder
      const control = join(yield* temporaryFolder, "old.control")
      const ctl = (...words: ReadonlyArray<string>) =>
        tcpfxRun(["ctl", "--control", control, "--output", "json", ...words])
      const port = yield* holder.serve("old", echo("old", ["--control", control]))
      const storm = yield* connectStorm(port, clients)
      yield* storm.further("old", exchanges)
      yield* holder.serve("new", echo("new"))
      expect(yield* ctl("stop", "keep")).toMatchObject({ code: 0 })
      yield* Effect.repeat(ctl("summary"), { until: ({ stdout }) => stdout.includes('"clients":0') })
      yield* ctl("drain")
      yield* holder.ended("old")
      yield* storm.further("new", exchanges)
      const { answered, ...failed } = yield* storm.stop
      expect(failed).toEqual({ refused: 0, reset: 0, cut: 0 })
      expect(Object.keys(answered)).toEqual(["old", "new"])
      expect(yield* endNew(holder)).toBe(143)
    }),
  )

  it.scopedLive(
    "refuses no client when the old server drains before the new one starts, and cuts only open connections",
    () =>
      Effect.gen(function* () {
        const holder = yield* socketHolder
        const port = yield* holder.serve("old", echo("old"))
        const storm = yield* connectStorm(port, clients)
        yield* storm.further("old", exchanges)
        yield* holder.kill("old", "SIGTERM")
        expect(yield* holder.ended("old")).toBe(143)
        yield* holder.serve("new", echo("new"))
        yield* storm.further("new", exchanges)
        const { refused, reset, cut } = yield* storm.stop
        expect({ refused, reset }).toEqual({ refused: 0, reset: 0 })
        expect(cut).toBeLessThanOrEqual(clients)
        expect(yield* endNew(holder)).toBe(143)
      }),
  )

  it.scopedLive("refuses no client and loses no answer by SIGTERM alone with --drain-wait", () =>
    Effect.gen(function* () {
      const holder = yield* socketHolder
      const port = yield* holder.serve("old", echo("old", ["--drain-delay", "200ms", "--drain-wait", "20s"]))
      const storm = yield* connectStorm(port, clients)
      yield* storm.further("old", exchanges)
      yield* holder.serve("new", echo("new"))
      yield* holder.kill("old", "SIGTERM")
      expect(yield* holder.ended("old")).toBe(143)
      yield* storm.further("new", exchanges)
      const { answered, ...failed } = yield* storm.stop
      expect(failed).toEqual({ refused: 0, reset: 0, cut: 0 })
      expect(Object.keys(answered)).toEqual(["old", "new"])
      expect(yield* endNew(holder)).toBe(143)
    }),
  )

  it.scopedLive("of the library refuses no client and loses no answer, by SIGTERM alone", () =>
    Effect.gen(function* () {
      const holder = yield* socketHolder
      const port = yield* holder.serve("old", library("old"))
      const storm = yield* connectStorm(port, clients)
      yield* storm.further("old", exchanges)
      yield* holder.serve("new", library("new"))
      yield* holder.kill("old", "SIGTERM")
      yield* holder.ended("old")
      yield* storm.further("new", exchanges)
      const { answered, ...failed } = yield* storm.stop
      expect(failed).toEqual({ refused: 0, reset: 0, cut: 0 })
      expect(Object.keys(answered)).toEqual(["old", "new"])
      yield* endNew(holder)
    }),
  )
})
