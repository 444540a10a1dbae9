import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { open, rm } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

/** Makes a named pipe without a writer. */
const pipeAt = (path: string) => Effect.sync(() => expect(spawnSync("mkfifo", [path]).status).toBe(0))

/** Waits until a process opens a pipe for reading. Returns a handle that writes to the pipe. */
const whenRead = (path: string) =>
  Effect.acquireRelease(
    Effect.promise(() => open(path, "w")),
    (handle) => Effect.promise(() => handle.close()),
  )

describe("a file of a flag that does not answer", () => {
  it.scopedLive("does not block the first signal at the start", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "pipe")
      yield* pipeAt(path)
      const commands: ReadonlyArray<ReadonlyArray<string>> = [
        ["serve", "127.0.0.1:0", "--allow-file", path],
        ["serve", "127.0.0.1:0", "--tls-cert", path],
        ["connect", "127.0.0.1:9", "--tls", "--tls-ca", path],
      ]
      for (const command of commands) {
        const waiting = yield* tcpfx(command)
        yield* whenRead(path)
        yield* waiting.kill("SIGTERM")
        expect([command, yield* waiting.ended]).toEqual([command, { code: 143, signal: null }])
      }
    }),
  )

  it.scopedLive("is named after two seconds, and a pipe is read to its end once it has a writer", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "pipe")
      yield* pipeAt(path)
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--allow-file", path])
      yield* server.waitFor("stderr", /^tcpfx: --allow-file: waiting for .*pipe, which does not answer$/m)
      yield* Effect.scoped(
        Effect.flatMap(whenRead(path), (handle) => Effect.promise(() => handle.write("127.0.0.1\n"))),
      )
      yield* server.waitFor("stderr", /listening on 127/)
    }),
  )

  it.scopedLive("is abandoned at the next SIGHUP, which reads again, and the first end signal drains", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "rules")
      writeFileSync(path, "127.0.0.1\n")
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--allow-file", path])
      yield* server.waitFor("stderr", /listening on/)
      yield* Effect.promise(() => rm(path))
      yield* pipeAt(path)
      yield* server.kill("SIGHUP")
      yield* whenRead(path)
      yield* Effect.promise(() => rm(path))
      writeFileSync(path, "::1\n127.0.0.1\n")
      yield* server.kill("SIGHUP")
      yield* server.waitFor("stderr", /read the access rules again: 2 allowed/)
      yield* server.kill("SIGTERM")
      expect(yield* server.ended).toEqual({ code: 143, signal: null })
    }),
  )

  it.scopedLive("that is a pipe without a reader is refused as a key log, with the reason", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "pipe")
      yield* pipeAt(path)
      const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", "--tls", "--tls-keylog", path])
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/^tcpfx: --tls-keylog: .*: .*a pipe without a reader\n$/),
      ])
    }),
  )

  it.scopedLive("does not keep the process when a thread waits for it: a second signal ends it at once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "pipe")
      yield* pipeAt(path)
      // Imitates a file server that is down: a libuv thread waits in open(2), and nothing can interrupt it.
      const stuck = join(folder, "stuck.cjs")
      writeFileSync(stuck, `require("node:fs").open(${JSON.stringify(path)}, "r", () => {})\n`)
      const env = { NODE_OPTIONS: `--require ${stuck}` }
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--mode", "echo", "--drain", "1h"], { env })
      const [, port] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      // The client does not close, so the drain after the first signal would take an hour.
      yield* dialRaw(tcpEndpoint("127.0.0.1", Number(port)))
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.kill("SIGINT")
      yield* server.waitFor("stderr", /draining 1 connection/)
      yield* server.kill("SIGTERM")
      const { code, signal } = yield* server.ended
      expect(code ?? signal).toBe(code === null ? "SIGTERM" : 143)
    }),
  )

  it.scopedLive("is named with the problem, in words", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "sub"))
      for (const [path, problem] of [
        ["none", "there is no such file"],
        ["sub", "it is a folder"],
        ["none/x", "there is no such file"],
      ] as const) {
        const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", "--deny-file", join(folder, path)])
        expect([code, stderr]).toEqual([2, `tcpfx: --deny-file: ${join(folder, path)} cannot be read: ${problem}\n`])
      }
    }),
  )
})
