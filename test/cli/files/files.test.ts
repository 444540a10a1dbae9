import * as fs from "node:fs"
import { join } from "node:path"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readBytes } from "../../../src/cli/files/files.ts"
import { Stdio, type StdioService } from "../../../src/cli/process/stdio.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const silent = Layer.succeed(Stdio, Stdio.of({ tell: () => {} } as unknown as StdioService))

const chunk = 1024 * 1024

describe("a file that a flag names", () => {
  it.scopedLive("is read completely, into one buffer", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "list")
      for (const size of [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk + 5]) {
        const written = Buffer.alloc(size, "10.0.0.1\n192.0.2.77\n")
        fs.writeFileSync(path, written)
        const joins = vi.spyOn(Buffer, "concat")
        const content = yield* readBytes("deny-file", path)
        expect([size, joins.mock.calls.length]).toEqual([size, 0])
        joins.mockRestore()
        expect(written.equals(content)).toBe(true)
      }
    }).pipe(Effect.provide(silent)),
  )

  it.scopedLive.skipIf(process.platform !== "linux")("of unknown size is read completely", () =>
    Effect.gen(function* () {
      const path = "/proc/self/environ"
      expect(fs.statSync(path).size).toBe(0)
      expect(fs.readFileSync(path).equals(yield* readBytes("deny-file", path))).toBe(true)
    }).pipe(Effect.provide(silent)),
  )
})
