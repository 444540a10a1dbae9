import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { haveAll, python } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { type StartOptions, start, tcpfxRun } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))
const launcher = fileURLToPath(new URL("../../support/launch.py", import.meta.url))
const oneLine = /^tcpfx: [^\n]+\n$/

/** Starts `tcpfx serve` with inherited sockets. */
const launch = (kinds: string, args: ReadonlyArray<string> = [], options?: StartOptions) =>
  start("python3", [launcher, kinds, process.execPath, bin, "serve", ...args], options)

const refused = (kinds: string, args: ReadonlyArray<string> = [], options?: StartOptions) =>
  Effect.gen(function* () {
    const server = yield* launch(kinds, args, options)
    const { code } = yield* server.ended
    return { code, stdout: server.text("stdout"), stderr: server.text("stderr") }
  }).pipe(Effect.scoped)

describe.skipIf(!haveAll(python))("tcpfx serve on inherited sockets", () => {
  it.scopedLive("listens on all of them by default, names each, and serves", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "x.sock")
      const server = yield* launch(`tcp,tcp6,unix=${path}`, ["--mode", "echo"])
      const [, four = "", six = ""] = yield* server.waitFor(
        "stderr",
        /^tcpfx: listening on 127\.0\.0\.1:(\d+) \(fd:3, tcp\)\ntcpfx: listening on \[::1\]:(\d+) \(fd:4, tcp6\)\ntcpfx: listening on unix:\S+ \(fd:5, unix\)\n/,
      )
      const endpoints = [tcpEndpoint("127.0.0.1", Number(four)), tcpEndpoint("::1", Number(six)), unixEndpoint(path)]
      for (const endpoint of endpoints) {
        const client = yield* dialRaw(endpoint)
        yield* client.send("x")
        yield* client.expect("x")
        yield* client.halfClose
      }
      expect(server.text("stderr")).not.toContain("only this machine")
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      // The process that made the socket file owns it, so tcpfx must not remove it.
      expect(existsSync(path)).toBe(true)
    }),
  )

  it.scopedLive("listens on the named ones and on other endpoints, and reports the unused ones", () =>
    Effect.gen(function* () {
      const server = yield* launch("tcp,tcp", ["fd:4", "127.0.0.1:0"])
      yield* server.waitFor(
        "stderr",
        /^tcpfx: listening on 127\.0\.0\.1:\d+ \(fd:4, tcp\)\ntcpfx: listening on 127\.0\.0\.1:\d+\n/,
      )
      yield* server.waitFor("stderr", /^tcpfx: 1 of the sockets in LISTEN_FDS not used/m)
      const all = yield* launch("tcp", ["--inherit", "127.0.0.1:0"])
      yield* all.waitFor("stderr", /^tcpfx: listening on \S+ \(fd:3, tcp\)\ntcpfx: listening on \S+\n/)
      const env = { TCPFX_LISTEN: "127.0.0.2:0" }
      const said = yield* launch("tcp", [], { env })
      yield* said.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.2:\d+\n/)
    }),
  )

  it.scopedLive("refuses a descriptor that is not a listening socket, in one line that says what it is", () =>
    Effect.gen(function* () {
      for (const [kind, problem] of [
        ["unbound", "is not a listening stream socket"],
        ["bound", "is not a listening stream socket"],
        ["udp", "is not a listening stream socket"],
        ["pair", "is a connection, as inetd (nowait) and systemd (Accept=yes) pass it, not a listening socket"],
      ] as const) {
        const ran = yield* refused(kind)
        expect({ kind, ...ran }).toMatchObject({ kind, code: 2, stderr: expect.stringMatching(oneLine) })
        expect(ran.stderr).toContain(`cannot listen on fd:3: that descriptor ${problem}`)
      }
      expect((yield* refused("file")).stderr).toMatch(/^tcpfx: .*fd:3: that descriptor is not a socket[^\n]*\n$/)
      expect((yield* refused("tcp", ["fd:200"])).stderr).toMatch(/^tcpfx: .*did not inherit that descriptor[^\n]*\n$/)
      expect((yield* refused("tcp", ["fd:3", "fd:3"])).stderr).toMatch(/^tcpfx: .*name each descriptor once\n$/)
    }),
  )

  it.scopedLive("ignores sockets for another process, and says so with --inherit", () =>
    Effect.gen(function* () {
      const env = { LAUNCH_PID: "1" }
      const ran = yield* refused("tcp", ["--inherit"], { env })
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(oneLine) })
      expect(ran.stderr).toContain('LISTEN_PID is "1"')
      const server = yield* launch("tcp", ["127.0.0.1:0"], { env })
      yield* server.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:\d+\n/)
    }),
  )
})

describe("tcpfx serve --inherit", () => {
  it.scopedLive("is refused without inherited sockets", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* tcpfxRun(["serve", "--inherit"])
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: "tcpfx: --inherit: no socket was inherited: LISTEN_FDS is not set (sd_listen_fds(3))\n",
      })
    }),
  )
})
