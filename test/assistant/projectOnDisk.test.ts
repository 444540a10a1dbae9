import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { emptyProject, readProject, writeProject } from "../../src/assistant/index.ts"
import { exampleProject, exampleText } from "../support/exampleProject.ts"

describe("reading and writing the file", () => {
  const folder = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-project-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )

  it.scopedLive("a written project is read back, and no other file is left in the folder", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "tcpfx.yaml")
      yield* writeProject(path, exampleProject)
      expect(yield* readProject(path)).toEqual(exampleProject)
      writeFileSync(path, exampleText)
      yield* writeProject(path, { ...exampleProject, repeats: [] })
      expect(readFileSync(path, "utf8")).toContain("# shown in the log")
      expect((yield* readProject(path)).repeats).toEqual([])
      expect(readdirSync(join(path, ".."))).toEqual(["tcpfx.yaml"])
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.scopedLive("the mode of the file and a symbolic link are kept", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      const file = join(dir, "real.yaml")
      const link = join(dir, "tcpfx.yaml")
      writeFileSync(file, exampleText, { mode: 0o600 })
      symlinkSync(file, link)
      yield* writeProject(link, emptyProject)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(yield* readProject(file)).toEqual(emptyProject)
      expect(readdirSync(dir).sort()).toEqual(["real.yaml", "tcpfx.yaml"])
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.scopedLive("a file that cannot be read or written is refused with its reason", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      const missing = yield* Effect.flip(readProject(join(dir, "none.yaml")))
      expect(missing).toMatchObject({
        reason: "file",
        code: "ENOENT",
        message: `${join(dir, "none.yaml")} cannot be read: there is no such file or folder`,
      })
      expect(yield* Effect.flip(readProject(dir))).toMatchObject({
        reason: "file",
        message: `${dir} cannot be read: it is not a regular file`,
      })
      expect(yield* Effect.flip(writeProject(join(dir, "no", "x.yaml"), exampleProject))).toMatchObject({
        reason: "file",
        code: "ENOENT",
      })
      writeFileSync(join(dir, "latin.yaml"), Uint8Array.of(0x23, 0xff))
      expect(yield* Effect.flip(readProject(join(dir, "latin.yaml")))).toMatchObject({
        message: expect.stringContaining("it is not UTF-8"),
      })
      writeFileSync(join(dir, "big.yaml"), new Uint8Array(5 * 1024 * 1024))
      expect(yield* Effect.flip(readProject(join(dir, "big.yaml")))).toMatchObject({
        message: expect.stringContaining("more than 4 MiB"),
      })
      writeFileSync(join(dir, "bad.yaml"), "rules: {\n")
      expect(yield* Effect.flip(writeProject(join(dir, "bad.yaml"), exampleProject))).toMatchObject({
        reason: "syntax",
      })
      expect(readFileSync(join(dir, "bad.yaml"), "utf8")).toBe("rules: {\n")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})
