import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const dial = (port: number) => dialRaw(tcpEndpoint("127.0.0.1", port))

/** Runs `tcpfx ctl` with a folder for the sockets of `--control auto`. */
const ctlIn =
  (folder: string) =>
  (...args: ReadonlyArray<string>) =>
    tcpfxRun(["ctl", ...args], "", { env: { XDG_RUNTIME_DIR: folder } })

describe("tcpfx ctl", () => {
  it.scopedLive("finds the only server with --control auto, sends it commands, and prints the answers", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const ctl = ctlIn(folder)
      const { port, server } = yield* tcpfxServe(["--mode", "echo", "--control", "auto"], {
        env: { XDG_RUNTIME_DIR: folder },
      })
      const peer = yield* dial(port)
      yield* peer.send("hello")
      yield* peer.take(5)
      expect(yield* ctl("summary")).toMatchObject({
        code: 0,
        stderr: "",
        stdout: expect.stringMatching(
          new RegExp(
            `^127\\.0\\.0\\.1:${port} · mode echo · up .*\\n1 client · in .*, 5 B · out .*, 5 B · 0 refused\\n$`,
          ),
        ),
      })
      expect(yield* ctl("rename", "@1", "plc")).toMatchObject({ code: 0, stdout: "done for #1\n" })
      expect(yield* ctl("send", "@plc", "--", "-x\\n")).toMatchObject({ code: 0, stdout: "3 bytes for #1\n" })
      yield* peer.expect("-x\n")
      const { stdout } = yield* ctl("connections", "sort=name", "plc")
      expect(stdout).toMatch(/^ID {2}ADDRESS +NAME +IN\/S .*\n#1 .* plc .*\n1 of 1 client\n$/)
      expect(yield* ctl("state")).toMatchObject({
        stdout: expect.stringMatching(/^listening on .*\nID {2}ADDRESS .*\n#1 /),
      })
      const asJson = JSON.parse((yield* ctl("--output", "json", "connections")).stdout)
      expect(asJson).toMatchObject({
        ok: true,
        matching: 1,
        connections: [{ id: 1, name: "plc", bytesIn: 5, pendingBytes: 0 }],
      })
      expect(yield* ctl("kick", "@9")).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(/^tcpfx: .*#9/),
      })
      expect(yield* ctl("kik", "1")).toMatchObject({ code: 2, stderr: expect.stringMatching(/did you mean "kick"/) })
      expect(yield* ctl("--output=json", "kik")).toMatchObject({
        code: 2,
        stderr: "",
        stdout: expect.stringMatching(/^\{"ok":false/),
      })
      expect(yield* ctl("quit")).toMatchObject({ code: 0, stdout: "done\n" })
      yield* peer.halfClose
      expect((yield* server.ended).code).toBe(0)
      expect(yield* ctl("state")).toMatchObject({
        code: 1,
        stderr: `tcpfx: no server was found in ${folder}/tcpfx; start one with tcpfx serve --control auto, or name its socket with --control PATH\n`,
      })
    }),
  )

  it.scopedLive("names the servers if several run, and ignores the socket of a killed server", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const ctl = ctlIn(folder)
      const serve = tcpfxServe(["--control", "auto"], { env: { XDG_RUNTIME_DIR: folder } })
      const [one, two] = [yield* serve, yield* serve]
      const { code, stderr } = yield* ctl("summary")
      expect(code).toBe(2)
      for (const { port, server } of [one, two]) {
        expect(stderr).toContain(`${folder}/tcpfx/${server.child.pid}.sock (127.0.0.1:${port})`)
      }
      yield* one.server.kill("SIGKILL")
      yield* one.server.ended
      expect(yield* ctl("summary")).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`127.0.0.1:${two.port} `),
      })
    }),
  )

  it.scopedLive("uses the socket that a file or a variable sets for tcpfx serve", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const config = join(folder, "tcpfx.yaml")
      writeFileSync(config, "serve:\n  control: control\n")
      const env = { TCPFX_CONFIG: config }
      yield* tcpfxServe([], { env })
      expect(yield* tcpfxRun(["ctl", "suspend"], "", { env })).toMatchObject({ code: 0, stdout: "done\n" })
      const variable = { TCPFX_SERVE_CONTROL: join(folder, "control") }
      expect(yield* tcpfxRun(["ctl", "resume"], "", { env: variable })).toMatchObject({ code: 0, stdout: "done\n" })
    }),
  )

  it.scopedLive("says in one line why a server cannot be reached", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      writeFileSync(join(folder, "file"), "")
      yield* Effect.forEach(
        [
          [["--control", join(folder, "x"), "state"], 1, /unix:.*\/x: there is no such file$/],
          [["--control", `${port}`, "state"], 2, /--control: .* the control socket is a unix socket, not a port/],
          [["--control", join(folder, "file"), "state"], 1, /no server listens there/],
          [[], 2, /a command is missing/],
          [["x".repeat(5000)], 2, /longer than 4096 bytes/],
        ] as const,
        ([args, code, line]) =>
          Effect.map(tcpfxRun(["ctl", ...args]), (run) => {
            expect([args, run.code, run.stdout]).toEqual([args, code, ""])
            expect(run.stderr.trimEnd()).toMatch(line)
            expect(run.stderr.trim().split("\n").length).toBe(1)
          }),
      )
      const silent = yield* tcpfxServe(["--reply", "hello\\n", `unix:${folder}/other`])
      expect(silent.port).toBeGreaterThan(0)
      expect(yield* tcpfxRun(["ctl", "--control", `${folder}/other`, "state"])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/the answer is not one of tcpfx/),
      })
    }),
  )

  it.scopedLive("does not use a folder that other users may open", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "tcpfx"))
      chmodSync(join(folder, "tcpfx"), 0o777)
      writeFileSync(join(folder, "tcpfx", "1.sock"), "")
      const env = { XDG_RUNTIME_DIR: folder }
      for (const args of [
        ["ctl", "state"],
        ["serve", ":0", "--control", "auto"],
      ]) {
        expect(yield* tcpfxRun(args, "", { env })).toMatchObject({
          code: 2,
          stderr: expect.stringMatching(/cannot be used: other users may open it \(its mode must be 0700\)\n$/),
        })
      }
    }),
  )
})
