import * as fs from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { openSecretLog, ownFolder, readOwn, replaceOwn } from "../../../src/cli/files/ownFiles.ts"
import { Stdio, type StdioService } from "../../../src/cli/process/stdio.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const silent = Layer.succeed(Stdio, Stdio.of({ tell: () => {} } as unknown as StdioService))

const test = <E>(promise: string, program: (at: (name: string) => string) => Effect.Effect<void, E, Stdio>) =>
  it.scopedLive(promise, () =>
    Effect.flatMap(temporaryFolder, (folder) =>
      Effect.provide(
        program((name) => join(folder, name)),
        silent,
      ),
    ),
  )

const refusals: ReadonlyArray<readonly [string, (path: string) => void, RegExp]> = [
  [
    "that others can read",
    (path) => fs.chmodSync(path, 0o644),
    /is not used: other users may read or change it \(mode 644\); chmod 600/,
  ],
  ["that the group can write", (path) => fs.chmodSync(path, 0o620), /\(mode 620\); chmod 600/],
  [
    "with a second name",
    (path) => fs.linkSync(path, `${path}.other`),
    /is not used: it has several names \(hard links\)/,
  ],
  [
    "behind a link",
    (path) => {
      fs.renameSync(path, `${path}.target`)
      fs.symlinkSync(`${path}.target`, path)
    },
    /is not used: it is a link; name the file itself/,
  ],
  [
    "that is a folder",
    (path) => {
      fs.rmSync(path)
      fs.mkdirSync(path)
    },
    /is not used: it is not a regular file|it is a folder/,
  ],
]

describe("a file with secrets", () => {
  for (const [what, spoil, problem] of refusals) {
    test(`${what} is refused, and nothing is written to it`, (at) =>
      Effect.gen(function* () {
        const path = at("secrets")
        fs.writeFileSync(path, "old", { mode: 0o600 })
        spoil(path)
        const opened = yield* Effect.flip(openSecretLog("tls-keylog", path))
        expect(opened.message).toMatch(problem)
        expect((yield* Effect.flip(readOwn("tls-keep", path, "nothing"))).message).toMatch(problem)
        if (!what.includes("folder")) expect(fs.readFileSync(path, "utf8")).toBe("old")
      }))
  }

  it.scopedLive.skipIf(process.geteuid?.() !== 0)("of another user is refused (needs root)", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "secrets")
      fs.writeFileSync(path, "", { mode: 0o600 })
      fs.chownSync(path, 12345, 12345)
      const opened = yield* Effect.flip(openSecretLog("tls-keylog", path))
      expect(opened.message).toMatch(/is not used: it belongs to another user \(uid 12345\)/)
    }).pipe(Effect.provide(silent)),
  )

  test("behind a link that leads nowhere is not made", (at) =>
    Effect.gen(function* () {
      fs.symlinkSync(at("elsewhere"), at("secrets"))
      expect((yield* Effect.flip(openSecretLog("tls-keylog", at("secrets")))).message).toMatch(/it is a link/)
      expect(fs.existsSync(at("elsewhere"))).toBe(false)
    }))

  test("is made with mode 600, and written behind what it has", (at) =>
    Effect.gen(function* () {
      for (const line of ["one\n", "two\n"]) {
        const fd = yield* openSecretLog("tls-keylog", at("secrets"))
        fs.writeSync(fd, line)
        fs.closeSync(fd)
      }
      expect(fs.readFileSync(at("secrets"), "utf8")).toBe("one\ntwo\n")
      expect(fs.statSync(at("secrets")).mode & 0o777).toBe(0o600)
    }))

  test("takes the place of a link, and leaves what the link leads to", (at) =>
    Effect.gen(function* () {
      fs.writeFileSync(at("victim"), "precious")
      fs.symlinkSync(at("victim"), at("key.pem"))
      yield* replaceOwn("tls-keep", at("key.pem"), "new", 0o600)
      expect([fs.readFileSync(at("victim"), "utf8"), fs.readFileSync(at("key.pem"), "utf8")]).toEqual([
        "precious",
        "new",
      ])
      const stat = fs.lstatSync(at("key.pem"))
      expect([stat.isFile(), stat.mode & 0o777]).toEqual([true, 0o600])
      expect(fs.readdirSync(at("."))).toEqual(["key.pem", "victim"])
    }))
})

describe("a folder for files with secrets", () => {
  test("is made with mode 700", (at) =>
    Effect.gen(function* () {
      yield* ownFolder("tls-keep", at("kept"))
      expect(fs.statSync(at("kept")).mode & 0o777).toBe(0o700)
      yield* ownFolder("tls-keep", at("kept"))
    }))

  test("to which others may write is refused, unless it has the sticky bit", (at) =>
    Effect.gen(function* () {
      fs.mkdirSync(at("kept"))
      fs.chmodSync(at("kept"), 0o777)
      expect((yield* Effect.flip(ownFolder("tls-keep", at("kept")))).message).toMatch(
        /is not used: other users may write to it \(mode 777\); chmod go-w/,
      )
      fs.chmodSync(at("kept"), 0o1777)
      yield* ownFolder("tls-keep", at("kept"))
    }))
})
