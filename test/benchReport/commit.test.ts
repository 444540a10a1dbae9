import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { commitOf } from "../../bench/runner/project.ts"

const hasGit = spawnSync("git", ["--version"]).status === 0

describe.skipIf(!hasGit)("the commit of a measurement (only with git)", () => {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tcpfx-commit-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const git = (...args: ReadonlyArray<string>): string => {
    const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false"]
    const { status, stdout, stderr } = spawnSync("git", [...who, ...args], { cwd: folder, encoding: "utf8" })
    expect(status, stderr).toBe(0)
    return stdout.trim()
  }
  const write = (...path: readonly [string, ...string[]]) => {
    mkdirSync(join(folder, ...path.slice(0, -1)), { recursive: true })
    writeFileSync(join(folder, ...path), "something\n")
  }

  it("is the commit of the work tree, marked if the measured files were modified", () => {
    write("src", "a.ts")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "One")
    const commit = git("rev-parse", "--short", "HEAD")
    write("bench", "results", "results.md")
    write("docs", "a.md")
    expect(commitOf(folder)).toBe(commit)
    write("src", "b.ts")
    expect(commitOf(folder)).toBe(`${commit}, modified`)
    // The commit of a surrounding repository is not that of the folder.
    expect(commitOf(join(folder, "src"))).toBeUndefined()
  })

  it("is undefined outside a work tree", () => {
    git("init", "--quiet")
    expect(commitOf(folder)).toBeUndefined()
    expect(commitOf(join(folder, "nowhere"))).toBeUndefined()
  })
})
