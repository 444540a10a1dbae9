import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { open, rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { resolveByChild } from "../../../src/cli/process/lookups.ts"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { NodeTransport } from "../../../src/transport/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { start, tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))

/** A named pipe that nobody writes to. */
const pipeAt = (path: string) => Effect.sync(() => expect(spawnSync("mkfifo", [path]).status).toBe(0))

/** Waits until a process has opened a pipe to read it, and gives what writes to it. */
const whenRead = (path: string) =>
  Effect.acquireRelease(
    Effect.promise(() => open(path, "w")),
    (handle) => Effect.promise(() => handle.close()),
  )

describe("a file of a flag that does not answer", () => {
  it.scopedLive("leaves the first signal its effect, at the start", () =>
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

  it.scopedLive("is named after two seconds, and a pipe is read to its end once somebody writes", () =>
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

  it.scopedLive("is given up at the next SIGHUP, which is served, and the first signal to end drains", () =>
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
      yield* server.waitFor("stderr", /read again who may connect: 2 allowed/)
      yield* server.kill("SIGTERM")
      expect(yield* server.ended).toEqual({ code: 143, signal: null })
    }),
  )

  it.scopedLive("that is a pipe without a reader cannot take a key log, and that is told", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "pipe")
      yield* pipeAt(path)
      const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", "--tls", "--tls-keylog", path])
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/^tcpfx: --tls-keylog: .*: .*a pipe that nobody reads\n$/),
      ])
    }),
  )

  it.scopedLive("does not keep the process when a thread waits for it: a second signal ends it at once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "pipe")
      yield* pipeAt(path)
      // A file server that is down: a thread of libuv stands in open(2), and nothing calls it back.
      const stuck = join(folder, "stuck.cjs")
      writeFileSync(stuck, `require("node:fs").open(${JSON.stringify(path)}, "r", () => {})\n`)
      const env = { NODE_OPTIONS: `--require ${stuck}` }
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--mode", "echo", "--drain", "1h"], { env })
      const [, port] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      // It does not close, so the first signal drains for an hour.
      yield* dialRaw(tcpEndpoint("127.0.0.1", Number(port)))
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.kill("SIGINT")
      yield* server.waitFor("stderr", /draining 1 connection/)
      yield* server.kill("SIGTERM")
      const { code, signal } = yield* server.ended
      expect(code ?? signal).toBe(code === null ? "SIGTERM" : 143)
    }),
  )

  it.scopedLive("is named with what is wrong, in words", () =>
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

// A resolver that never answers, in a network and a file tree of the process's own.
const silentResolver = `
  ip link set lo up && ip route add 192.0.2.0/24 dev lo &&
  mount --bind "$1" /etc/resolv.conf && shift && exec "$@"`
const inSilence = (folder: string, args: ReadonlyArray<string>) => {
  const resolver = join(folder, "resolv.conf")
  writeFileSync(resolver, "nameserver 192.0.2.1\noptions timeout:20 attempts:2\n")
  return ["-rnm", "sh", "-c", silentResolver, "sh", resolver, ...args]
}
const canBeSilent = spawnSync("unshare", inSilence("/tmp", ["true"])).status === 0
if (!canBeSilent) process.stdout.write("tests skipped: no network namespace with a resolver of its own can be made\n")

describe.skipIf(!canBeSilent)("a name that is looked up while the resolver is silent", () => {
  const silent = (folder: string, args: ReadonlyArray<string>) =>
    start("unshare", inSilence(folder, [process.execPath, bin, ...args]))

  it.scopedLive("takes no longer than --connect-timeout, and the process leaves with 1", () =>
    Effect.gen(function* () {
      const client = yield* silent(yield* temporaryFolder, [
        "connect",
        "silent.example:9",
        "-w",
        "300ms",
        "--send",
        "x",
      ])
      expect((yield* client.ended).code).toBe(1)
      expect(client.text("stderr")).toContain("cannot connect to silent.example:9: no answer in time")
    }),
  )

  it.scopedLive("leaves the first signal its effect", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const client = yield* silent(folder, ["connect", "silent.example:9", "--output", "json"])
      yield* client.waitFor("stdout", /LookingUp/)
      yield* client.kill("SIGINT")
      const { code, signal } = yield* client.ended
      expect(code ?? signal).toBe(code === null ? "SIGINT" : 130)
    }),
  )
})

describe("a look-up in a child process", () => {
  it.effect.each(["localhost", "127.0.0.1", "::1", "fe80::1%lo", "127.1"])(
    "of %s gives what the system gives",
    (host) =>
      Effect.gen(function* () {
        expect(yield* resolveByChild(host)).toEqual(yield* NodeTransport.resolve(host))
      }),
  )

  it.effect("fails with the code of the system", () =>
    Effect.gen(function* () {
      const host = `${"a".repeat(70)}.invalid`
      expect(yield* Effect.flip(resolveByChild(host))).toEqual(yield* Effect.flip(NodeTransport.resolve(host)))
    }),
  )
})
