import { createServer } from "node:net"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { unixEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { start, tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

/** A port that another server uses. */
const takenPort = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ port, close: () => void server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close),
)

const oneLine = /^tcpfx: [^\n]+\n$/

describe("the start of tcpfx serve", () => {
  it.scopedLive("says where it listens, in every output mode, in one stable line", () =>
    Effect.forEach(["text", "json", "raw"], (mode) =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe(["--output", mode])
        expect(port).toBeGreaterThan(0)
        expect(server.text("stderr").split("\n")[0]).toBe(`tcpfx: listening on 127.0.0.1:${port}`)
        expect(server.text("stderr")).not.toContain("\u001b")
      }).pipe(Effect.scoped),
    ),
  )

  it.scopedLive("takes every written form of an endpoint", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const forms: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["127.0.0.1", "0"], /on 127\.0\.0\.1:\d+$/m],
        [["127.0.0.1:0"], /on 127\.0\.0\.1:\d+$/m],
        [[":0"], /on 127\.0\.0\.1:\d+$/m],
        [["0"], /on 127\.0\.0\.1:\d+$/m],
        [["-p", "0"], /on 127\.0\.0\.1:\d+$/m],
        [["-p0"], /on 127\.0\.0\.1:\d+$/m],
        [["0", "--broker"], /on 127\.0\.0\.1:(?!12345)\d+$/m],
        [["--no-traffic", "0", "--mode", "echo", "--mode", "broker"], /on 127\.0\.0\.1:(?!12345)\d+$/m],
        [["localhost", "--port=0"], /on (127\.0\.0\.1|\[::1\]):\d+$/m],
        [[`unix:${folder}/a.sock`], new RegExp(`on unix:${folder}/a\\.sock$`, "m")],
        [["-U", `${folder}/b.sock`], new RegExp(`on unix:${folder}/b\\.sock$`, "m")],
      ]
      yield* Effect.forEach(forms, ([args, expected]) =>
        Effect.gen(function* () {
          const server = yield* tcpfx(["serve", ...args])
          yield* server.waitFor("stderr", expected)
        }).pipe(Effect.scoped),
      )
    }),
  )

  it.scopedLive("leaves with 2 and one line that says what to do when it cannot listen", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { port } = yield* takenPort
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [[`${port}`], /the port is in use; .*port 0/],
        [["203.0.113.1", "0"], /no interface of this machine has that address/],
        [[`unix:${folder}/missing/x.sock`], /the folder of that path does not exist/],
        [["nothing.invalid:0"], /the name has no address/],
        [["70000"], /the port 70000 is above 65535/],
        [["127.0.0.1:80", "-p", "81"], /the port is given twice/],
        [["127.0.0.1:80", "81"], /expected :81, or host:port as one word/],
        [["--mode", "talk"], /--mode: "talk" is not one of console, broker, chat, echo, discard/],
        [["--mode", "echo", "--broker"], /exclude each other/],
        [["--max-frame", "0"], /less than one byte/],
        [["--max-frame", "600MiB"], /no output can show a frame above 64 MiB/],
        [["--reply", "\\q"], /the escape at character 1 is unknown/],
        [["--drain", "soon"], /is not a duration/],
        [["--brokr"], /did you mean --broker\?/],
      ]
      for (const [args, message] of cases) {
        const { code, stdout, stderr } = yield* tcpfxRun(["serve", ...args])
        expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" })
        expect(stderr).toMatch(message)
        expect(stderr).toMatch(oneLine)
      }
    }),
  )

  it.scopedLive("replaces a stale socket file, but not a live one", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "x.sock")
      const first = yield* tcpfx(["serve", `unix:${path}`])
      yield* first.waitFor("stderr", /listening/)
      const refused = yield* tcpfxRun(["serve", `unix:${path}`])
      expect(refused).toMatchObject({ code: 2 })
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* tcpfx(["serve", `unix:${path}`])
      yield* second.waitFor("stderr", /listening/)
      const client = yield* dialRaw(unixEndpoint(path))
      yield* client.send("over unix")
      yield* second.waitFor("stdout", /#1 < over unix/)
    }),
  )

  it.scopedLive("reads its defaults from the environment, and flags override them", () =>
    Effect.gen(function* () {
      const server = yield* tcpfx(["serve"], { env: { TCPFX_LISTEN: "127.0.0.1:0" } })
      yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:\d+/)
      const bad = yield* tcpfxRun(["serve", "0"], "", { env: { TCPFX_MAX_FRAME: "huge" } })
      expect(bad.code).toBe(2)
      expect(bad.stderr).toMatch(oneLine)
      expect(bad.stderr).toMatch(/^tcpfx: TCPFX_MAX_FRAME: "huge" is not a size: /)
      const flag = yield* tcpfx(["serve", "0", "--max-frame", "1KiB"], { env: { TCPFX_MAX_FRAME: "huge" } })
      yield* flag.waitFor("stderr", /listening/)
    }),
  )

  it.scopedLive("starts through the installed link too", () =>
    Effect.gen(function* () {
      const linked = yield* start("node_modules/.bin/tcpfx", ["--version"])
      expect((yield* linked.ended).code).toBe(0)
      expect(linked.text("stdout")).toMatch(/^\d+\.\d+\.\d+\n$/)
    }),
  )
})
