import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { unixEndpoint } from "../../../src/domain/index.ts"
import { haveRoot } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const oneLine = /^tcpfx: --user [^\n]+\n$/

/** The ids that the system has for a process: real, effective, saved and of the file system (proc(5)). */
const idsOf = (pid: number | undefined, what: "Uid" | "Gid" | "Groups") =>
  new RegExp(`^${what}:\\s+(.*?)\\s*$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]?.split(/\s+/)

const four = (id: number) => Array.from({ length: 4 }, () => `${id}`)

describe.skipIf(!haveRoot())("tcpfx serve --user", () => {
  it.scopedLive("becomes that user for good once its sockets are open, and gives the socket files to that user", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      chmodSync(folder, 0o755)
      const path = join(folder, "x.sock")
      // Numeric ids work on every system, even without such users.
      const args = ["--user", "54321:54322", "--unix-mode", "0600", "--mode", "echo"]
      const server = yield* tcpfx(["serve", `unix:${path}`, "127.0.0.1:0", ...args])
      yield* server.waitFor("stderr", /^tcpfx: listening on unix:/)
      const { pid } = server.child
      expect(idsOf(pid, "Uid")).toEqual(four(54321))
      expect(idsOf(pid, "Gid")).toEqual(four(54322))
      expect(idsOf(pid, "Groups")).toEqual(["54322"])
      expect(/^CapEff:\s+0+$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))).toBe(true)
      const { gid, mode, uid } = lstatSync(path)
      expect([uid, gid, mode & 0o777]).toEqual([54321, 54322, 0o600])
      const client = yield* dialRaw(unixEndpoint(path))
      yield* client.send("served")
      yield* client.expect("served")
    }),
  )

  it.scopedLive("says at the start which socket files will stay at the end, and removes the others", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      chmodSync(folder, 0o755)
      const own = join(folder, "own")
      mkdirSync(own)
      chownSync(own, 54321, 54322)
      const [kept, removed, control] = [join(folder, "x.sock"), join(own, "x.sock"), join(own, "control")]
      const args = [`unix:${kept}`, `unix:${removed}`, "--control", control, "--user", "54321:54322"]
      const server = yield* tcpfx(["serve", ...args, "--mode", "echo"])
      yield* server.waitFor("stderr", /stays at the end.*\n/)
      yield* server.kill("SIGTERM")
      yield* server.ended
      const told = server
        .text("stderr")
        .split("\n")
        .filter((line) => line.includes("stays at the end"))
      expect(told).toEqual([expect.stringContaining(`--user 54321:54322: ${kept} stays at the end`)])
      const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined
      expect([kept, removed, control].map(isThere)).toEqual([true, false, false])
    }),
  )

  it.scopedLive("is refused in one line, before anything is opened, if the switch is impossible", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "x.sock")
      const cases: ReadonlyArray<readonly [string, string]> = [
        ["no-such-user", 'there is no user "no-such-user"'],
        ["54321:no-such-group", 'there is no group "no-such-group"'],
        ["54321", "the user has no primary group; name a group (54321:GROUP)"],
        ["0:0", "root keeps every privilege"],
        ["root", "root keeps every privilege"],
      ]
      for (const [user, problem] of cases) {
        const { code, stderr } = yield* tcpfxRun(["serve", `unix:${path}`, "--user", user])
        expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(oneLine) })
        expect(stderr).toContain(problem)
        expect(lstatSync(path, { throwIfNoEntry: false })).toBe(undefined)
      }
    }),
  )
})

describe.skipIf(haveRoot())("tcpfx serve --user without root", () => {
  it.scopedLive("is refused in one line", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", "--user", "nobody"])
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining("only root can become another user"),
      })
    }),
  )
})
