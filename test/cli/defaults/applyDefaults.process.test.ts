import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

/** An empty folder with a folder for the user file, until the end of the scope. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "tcpfx-defaults-"))
    mkdirSync(join(path, "xdg", "tcpfx"), { recursive: true })
    return {
      cwd: path,
      env: { TCPFX_CONFIG: undefined, XDG_CONFIG_HOME: join(path, "xdg") },
      project: (text: string) => writeFileSync(join(path, "tcpfx.yaml"), text),
      user: (text: string) => writeFileSync(join(path, "xdg", "tcpfx", "tcpfx.yaml"), text),
      file: (name: string, text: string) => writeFileSync(join(path, name), text),
    }
  }),
  ({ cwd }) => Effect.sync(() => rmSync(cwd, { recursive: true })),
)

const broken = "serve:\n  frame: lin\n"

describe("tcpfx with files of defaults", () => {
  it.scopedLive("takes each flag from the strongest source, and reports what a file of the folder sets", () =>
    Effect.gen(function* () {
      const { cwd, env, project, user } = yield* folder
      user("serve:\n  endpoint: 127.0.0.1:0\n  reply: user\n  timestamps: none\n")
      project("serve:\n  mode: discard\n  output: json\n")
      const server = yield* tcpfx(["serve", "--no-traffic"], { cwd, env: { ...env, TCPFX_SERVE_OUTPUT: "text" } })
      yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:\d+\n/)
      expect(server.text("stderr")).toMatch(/^tcpfx: tcpfx\.yaml sets --mode discard \(--config none ignores it\)\n/)
      yield* server.kill("SIGTERM")
      yield* server.ended
      // `timestamps: none` and TCPFX_SERVE_OUTPUT=text count, so a row begins with its text.
      expect(server.text("stderr")).toMatch(/^stopped listening/m)
    }),
  )

  it.scopedLive("accepts the file of docs/configuration.md", () =>
    Effect.gen(function* () {
      const { cwd, env, user } = yield* folder
      const page = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8")
      user(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "")
      const server = yield* tcpfx(["serve", "127.0.0.1:0"], { cwd, env })
      yield* server.waitFor("stderr", /^tcpfx: listening on /)
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
    }),
  )

  it.scopedLive("turns off a flag of a file with --FLAG=no", () =>
    Effect.gen(function* () {
      const { cwd, env, project } = yield* folder
      project("serve:\n  broker: yes\n")
      const { stderr } = yield* tcpfxRun(["serve", "unix:/nowhere/x", "--broker=no"], "", { cwd, env })
      expect(stderr).not.toContain("sets")
    }),
  )

  it.scopedLive("prints the first ten of many mistakes, and the number of the others", () =>
    Effect.gen(function* () {
      const { cwd, env, project } = yield* folder
      project(`serve:\n${Array.from({ length: 50 }, (_, index) => `  x${index}: 1\n`).join("")}`)
      const run = yield* tcpfxRun(["serve", "127.0.0.1:0"], "", { cwd, env })
      expect(run.code).toBe(2)
      const lines = run.stderr.trimEnd().split("\n")
      expect(lines).toHaveLength(11)
      expect(lines[9]).toMatch(/^tcpfx: tcpfx\.yaml:11:3: "x9" is not a flag/)
      expect(lines[10]).toBe("tcpfx: tcpfx.yaml has 40 more mistakes")
    }),
  )

  it.scopedLive("ends with 2 and the place of each mistake before it listens", () =>
    Effect.gen(function* () {
      const { cwd, env, project } = yield* folder
      project(`${broken}  max_conns: 1\n`)
      const run = yield* tcpfxRun(["serve", "127.0.0.1:0"], "", { cwd, env })
      expect(run).toMatchObject({ code: 2, stdout: "" })
      expect(run.stderr.trimEnd().split("\n")).toEqual([
        expect.stringMatching(/^tcpfx: tcpfx\.yaml:2:10: frame: "lin" is not a framing/),
        expect.stringMatching(/^tcpfx: tcpfx\.yaml:3:3: "max_conns" is not a flag of tcpfx serve/),
      ])
      const connect = yield* tcpfxRun(["connect", "127.0.0.1:1"], "", { cwd, env })
      expect(connect.code).toBe(2)
    }),
  )

  it.scopedLive("reads only the file of --config, and none with --config none", () =>
    Effect.gen(function* () {
      const { cwd, env, file, project, user } = yield* folder
      project(broken)
      user(broken)
      file("own.yaml", "connect:\n  endpoint: 127.0.0.1:1\n  max-attempts: 1\n  reconnect: yes\n")
      const own = yield* tcpfxRun(["connect", "--config", "own.yaml"], "", { cwd, env })
      expect(own.code).toBe(1)
      expect(own.stderr).toContain("127.0.0.1:1")
      const none = yield* tcpfxRun(["serve", "unix:/nowhere/x", "--config", "none"], "", { cwd, env })
      expect(none.stderr).toContain("/nowhere")
      const variable = yield* tcpfxRun(["serve", "unix:/nowhere/x"], "", { cwd, env: { ...env, TCPFX_CONFIG: "none" } })
      expect(variable.stderr).toBe(none.stderr)
    }),
  )

  it.scopedLive("refuses a named file that does not exist, is not text or is a folder", () =>
    Effect.gen(function* () {
      const { cwd, env, file } = yield* folder
      file("bytes", "\u0000")
      writeFileSync(join(cwd, "bytes"), Buffer.from([0xff, 0xfe]))
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["--config", "nothing"], "--config: nothing cannot be read: there is no such file"],
        [["--project", "nothing"], "--project: nothing cannot be read: there is no such file"],
        [["--config", "bytes"], "bytes cannot be read: it is not UTF-8"],
        [["--config", "xdg"], "--config: xdg cannot be read: it is a folder"],
      ]
      for (const [args, message] of cases) {
        const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", ...args], "", { cwd, env })
        expect([code, stderr]).toEqual([2, `tcpfx: ${message}\n`])
      }
    }),
  )

  it.scopedLive("ends by a signal while the named file does not answer", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* folder
      spawnSync("mkfifo", [join(cwd, "pipe")])
      const waiting = yield* tcpfx(["serve", "127.0.0.1:0", "--config", "pipe"], { cwd, env })
      yield* waiting.waitFor("stderr", /^tcpfx: --config: waiting for pipe, which does not answer\n/)
      yield* waiting.kill("SIGTERM")
      expect(yield* waiting.ended).toEqual({ code: 143, signal: null })
    }),
  )

  it.scopedLive("begins a chat beside defaults for frames and bytes, which a chat does not have", () =>
    Effect.gen(function* () {
      const { cwd, env, project } = yield* folder
      project("serve:\n  frame: len:u8\n  hex: yes\n  checksum: modbus\n")
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--mode", "chat", "--plain"], { cwd, env })
      const [, port] = yield* server.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)$/m)
      const client = yield* tcpfx(["connect", `${port}`], { cwd, env: { ...env, TCPFX_CONFIG: "none" } })
      yield* client.waitFor("stdout", /you are guest-1/)
      yield* server.write("hello\n")
      yield* client.waitFor("stdout", /^<operator> hello$/m)
    }),
  )

  it.scopedLive("names the place of a default in an error about it, and forgives a default without effect", () =>
    Effect.gen(function* () {
      const { cwd, env, project } = yield* folder
      project("serve:\n  tls-client-ca: ca.pem\n")
      const args = ["serve", "127.0.0.1:0", "--project", "tcpfx.yaml"]
      expect((yield* tcpfxRun(args, "", { cwd, env })).stderr).toBe(
        "tcpfx: --tls-client-ca needs TLS; give --tls or --tls-cert too (--tls-client-ca comes from tcpfx.yaml:2)\n",
      )
      project("serve:\n  heartbeat-interval: 5s\n  ipv6-only: yes\n")
      const server = yield* tcpfx(args, { cwd, env })
      yield* server.waitFor("stderr", /^tcpfx: listening/)
      expect((yield* tcpfxRun([...args, "--heartbeat-timeout", "5s"], "", { cwd, env })).stderr).toBe(
        "tcpfx: --heartbeat-timeout needs --heartbeat TEXT\n",
      )
    }),
  )

  it.scopedLive("sets flags of every kind, also those that need more of the program than the command line shows", () =>
    Effect.gen(function* () {
      const { cwd, env, project } = yield* folder
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const macro = "macros:\n  - name: hello\n    send: hi\n"
      project(`connect:\n  endpoint: 127.0.0.1:${port}\n  macro: hello\n  once: yes\n${macro}`)
      const { code, stderr, stdout } = yield* tcpfxRun(["connect", "--project", "tcpfx.yaml"], "", { cwd, env })
      expect([code, stdout, stderr]).toEqual([0, "hi", ""])
      project(macro)
      const variables = { TCPFX_CONNECT_MACRO: "hello", TCPFX_CONNECT_ENDPOINT: `127.0.0.1:${port}` }
      const run = yield* tcpfxRun(["connect", "--once"], "", { cwd, env: { ...env, ...variables } })
      expect([run.code, run.stdout, run.stderr]).toEqual([0, "hi", ""])
    }),
  )

  it.scopedLive("refuses a variable of no flag, and a variable with a wrong value", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* folder
      const cases: ReadonlyArray<readonly [string, string, string]> = [
        ["TCPFX_SERVE_FRMAE", "line", 'tcpfx serve has no such flag (did you mean "TCPFX_SERVE_FRAME"?)'],
        ["TCPFX_SERVE_MAX_CONNS", "0", '"0" is not a count'],
        ["TCPFX_SERVE_FRAME", "", "the value is empty; give one, or unset the variable"],
        ["TCPFX_SERVE_UI", "yes", "--ui can be given only on the command line"],
      ]
      for (const [name, value, problem] of cases) {
        const run = yield* tcpfxRun(["serve", "127.0.0.1:0"], "", { cwd, env: { ...env, [name]: value } })
        expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(`tcpfx: ${name}: ${problem}`)])
      }
    }),
  )
})
