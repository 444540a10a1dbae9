import { promises as fs } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Assistant as Domain } from "../../src/domain/index.ts"
import { historyFolder, openHistory } from "../../src/web/server/PayloadHistory.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const text = (content: string): Domain.PayloadSpec => ({ form: "text", content })

const never = (message: string) => Effect.dieMessage(message)

describe("the history of payloads", () => {
  it.scopedLive("survives a restart, with the latest payload first and no payload twice", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder, "state", "tcpfx")
      const first = yield* openHistory({ folder, onProblem: never })
      expect(yield* first.entries).toEqual([])
      for (const content of ["a", "b", "a", "line\nbreak \u{1F600}"]) yield* first.add(text(content))
      const wanted = ["line\nbreak \u{1F600}", "a", "b"].map(text)
      expect(yield* first.entries).toEqual(wanted)
      const second = yield* openHistory({ folder, onProblem: never })
      expect(yield* second.entries).toEqual(wanted)
      const stat = yield* Effect.promise(() => fs.stat(join(folder, "payloads.ndjson")))
      expect(stat.mode & 0o777).toBe(0o600)
      expect((yield* Effect.promise(() => fs.stat(folder))).mode & 0o777).toBe(0o700)
    }),
  )

  it.scopedLive("limits the number of payloads, the length of a payload, and the length of its file", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const limits = { entries: 3, entryBytes: 60, bytes: 200 }
      const history = yield* openHistory({ folder, limits, onProblem: never })
      yield* history.add(text("x".repeat(100)))
      for (let n = 0; n < 100; n++) yield* history.add(text(`${n}`))
      const wanted = ["99", "98", "97"].map(text)
      expect(yield* history.entries).toEqual(wanted)
      const { size } = yield* Effect.promise(() => fs.stat(join(folder, "payloads.ndjson")))
      expect(size).toBeLessThanOrEqual(400)
      expect(yield* (yield* openHistory({ folder, limits, onProblem: never })).entries).toEqual(wanted)
    }),
  )

  it.scopedLive("skips invalid lines of its file", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const lines = ['{"form":"text","content":"good"}', "{", "null", '{"form":"nonsense"}', ""]
      yield* Effect.promise(() => fs.writeFile(join(folder, "payloads.ndjson"), lines.join("\n")))
      const history = yield* openHistory({ folder, onProblem: never })
      expect(yield* history.entries).toEqual([text("good")])
    }),
  )

  it.scopedLive("reports once that its file cannot be written, and works in memory", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "file")
      yield* Effect.promise(() => fs.writeFile(file, ""))
      const told: Array<string> = []
      const onProblem = (message: string) => Effect.sync(() => void told.push(message))
      const history = yield* openHistory({ folder: join(file, "below"), onProblem })
      yield* history.add(text("one"))
      yield* history.add(text("two"))
      expect(yield* history.entries).toEqual(["two", "one"].map(text))
      expect(told).toEqual([expect.stringMatching(/is not saved: .* cannot be read or written \(ENOTDIR\)/)])
    }),
  )

  it("is in the folder that the XDG specification names", () => {
    const home = join(homedir(), ".local", "state", "tcpfx")
    expect(historyFolder({ XDG_STATE_HOME: "/s" })).toBe("/s/tcpfx")
    expect([historyFolder({}), historyFolder({ XDG_STATE_HOME: "" }), historyFolder({ XDG_STATE_HOME: "s" })]).toEqual([
      home,
      home,
      home,
    ])
  })
})
