import * as fs from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { EventLog, type Rotation } from "../../../src/cli/logs/EventLog.ts"
import { LogFile } from "../../../src/cli/logs/LogFile.ts"
import { LossReport } from "../../../src/cli/logs/LossReport.ts"
import type { ClientEvent } from "../../../src/domain/index.ts"
import { temporaryFolder } from "../../support/folders.ts"

const day = (date: number) => new Date(2026, 0, date, 12).getTime()

const frame = (seq: number, at: number, bytes: Uint8Array = Buffer.from(`frame ${seq}`)): ClientEvent => ({
  _tag: "FrameReceived",
  seq,
  at,
  bytes,
})

const seqsIn = (path: string): ReadonlyArray<number> =>
  fs
    .readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line).seq)

/** Writes events to the file `log` in a folder. Returns the messages for the user. */
const write = (
  path: string,
  events: Stream.Stream<ClientEvent>,
  rotation?: Rotation,
  { changedAt = day(1), isTorn = false } = {},
) =>
  Effect.gen(function* () {
    const said: Array<string> = []
    const file = new LogFile(path, true)
    yield* Effect.orDie(file.open)
    const report = new LossReport("log", path, "event", (text) => said.push(text))
    const log = new EventLog(file, rotation, report, { changedAt, isTorn })
    yield* log.run(events)
    yield* file.close
    report.end()
    return said
  })

const inFolder = (test: (path: string) => Effect.Effect<void>) =>
  Effect.flatMap(temporaryFolder, (folder) => test(join(folder, "log")))

describe("a log of events", () => {
  it.scopedLive("begins a new file at the first event of each day, and keeps the newest old files", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const events = [1, 1, 2, 3, 3, 3, 5].map((date, index) => frame(index, day(date)))
        const rotation = { most: Number.POSITIVE_INFINITY, daily: true, keep: 2 }
        // The stream gives the events in two chunks, and the second chunk begins within a day.
        const stream = Stream.concat(Stream.fromIterable(events.slice(0, 4)), Stream.fromIterable(events.slice(4)))
        expect(yield* write(path, stream, rotation, { changedAt: day(1) })).toEqual([])
        expect([path, `${path}.1`, `${path}.2`].map(seqsIn)).toEqual([[6], [3, 4, 5], [2]])
        expect(fs.existsSync(`${path}.3`)).toBe(false)
      }),
    ),
  )

  it.scopedLive("begins a new file on a new day after the time of the last change of an old file", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        fs.writeFileSync(path, "old\n")
        const rotation = { most: Number.POSITIVE_INFINITY, daily: true, keep: 2 }
        yield* write(path, Stream.make(frame(1, day(2))), rotation, { changedAt: day(1) })
        expect(fs.readFileSync(`${path}.1`, "utf8")).toBe("old\n")
        expect(seqsIn(path)).toEqual([1])
      }),
    ),
  )

  it.scopedLive("never exceeds the size, except by one line, and splits no line", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const events = Array.from({ length: 100 }, (_, seq) =>
          frame(seq, day(1), Buffer.alloc(seq === 50 ? 3 * 1024 * 1024 : 100, "x")),
        )
        yield* write(path, Stream.fromIterable(events), { most: 4096, daily: false, keep: 1000 })
        const names = fs.readdirSync(join(path, "..")).sort((a, b) => Number(b.slice(4) || 0) - Number(a.slice(4) || 0))
        const files = names.map((name) => join(path, "..", name))
        expect(files.flatMap(seqsIn)).toEqual(events.map(({ seq }) => seq))
        for (const file of files) if (seqsIn(file).length > 1) expect(fs.statSync(file).size).toBeLessThanOrEqual(4096)
      }),
    ),
  )

  it.scopedLive("rotates the target of a link, and the link stays", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const target = join(path, "..", "target")
        fs.symlinkSync(target, path)
        const events = [1, 2].map((date) => frame(date, day(date)))
        yield* write(path, Stream.fromIterable(events), { most: Number.POSITIVE_INFINITY, daily: true, keep: 1 })
        expect([target, `${target}.1`].map(seqsIn)).toEqual([[2], [1]])
        expect(fs.lstatSync(path).isSymbolicLink()).toBe(true)
      }),
    ),
  )

  it.scopedLive("goes on in its file and says so when the file cannot be renamed", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        fs.mkdirSync(`${path}.1`)
        const events = [1, 2].map((date) => frame(date, day(date)))
        const said = yield* write(path, Stream.fromIterable(events), { most: 4096, daily: true, keep: 1 })
        expect(said).toEqual([`--log: ${path} cannot be renamed, so the log continues in it: it is a folder`])
        expect(seqsIn(path)).toEqual([1, 2])
      }),
    ),
  )

  it.scopedLive("begins a new line after an incomplete last line", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        fs.writeFileSync(path, '{"torn')
        yield* write(path, Stream.make(frame(1, day(1))), undefined, { isTorn: true })
        expect(fs.readFileSync(path, "utf8")).toMatch(/^\{"torn\n\{"v":1,.*\}\n$/)
      }),
    ),
  )

  it.scopedLive("counts the events that it cannot write after it is abandoned", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const report = new LossReport("log", "/dev/full", "event", (text) => said.push(text))
      const log = new EventLog(new LogFile("/dev/full", true), undefined, report, { changedAt: 0, isTorn: false })
      const running = yield* Effect.fork(log.run(Stream.fromIterable([1, 2, 3].map((seq) => frame(seq, day(1))))))
      yield* log.abandon
      yield* Fiber.join(running)
      expect(report.end()).toBe(false)
      expect(said.at(-1)).toBe("--log: 3 events are missing in /dev/full")
    }),
  )
})
