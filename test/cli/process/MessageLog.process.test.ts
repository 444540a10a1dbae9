import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const dial = (port: number) => dialRaw(tcpEndpoint("127.0.0.1", port))

/** The lines of a text as JSON. */
const messagesIn = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

describe("the messages on standard error", () => {
  it.scopedLive(
    "are lines of JSON with --log-format json, with level, time, event and connection; data stays as it is",
    () =>
      Effect.gen(function* () {
        const server = yield* tcpfx(["serve", "127.0.0.1:0", "--max-conns", "1", "--log-format", "json"])
        const [, port = ""] = yield* server.waitFor("stderr", /"message":"listening on 127\.0\.0\.1:(\d+)"/)
        const peer = yield* dial(Number(port))
        yield* peer.send("hello\n")
        yield* server.waitFor("stdout", /#1 < hello\\n\n/)
        yield* Effect.flatMap(dial(Number(port)), ({ takeRest }) => takeRest)
        yield* peer.halfClose
        yield* server.waitFor("stderr", /"event":"ConnectionClosed"/)
        yield* server.kill("SIGTERM")
        expect((yield* server.ended).code).toBe(143)
        const messages = messagesIn(server.text("stderr"))
        for (const message of messages) expect(message).toMatchObject({ v: 1, _tag: "Log", at: expect.any(Number) })
        expect(messages).toContainEqual(
          expect.objectContaining({
            level: "info",
            event: "ConnectionOpened",
            id: 1,
            message: expect.stringMatching(/^#1 connected from /),
          }),
        )
        expect(messages).toContainEqual(
          expect.objectContaining({
            level: "warn",
            event: "ConnectionRefused",
            message: expect.stringMatching(/ refused: /),
          }),
        )
      }),
  )

  it.scopedLive("are only those of the level of --log-level and above, also for a message about another flag", () =>
    Effect.gen(function* () {
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "--log-level", "warn", "--max-conns", "1", "--metrics", "0"])
      const quiet = yield* tcpfx(["serve", "127.0.0.1:0", "--log-level", "none", "--output", "json"])
      const [, port = ""] = yield* quiet.waitFor("stdout", /"_tag":"Listening".*?"port":(\d+)/)
      yield* dial(Number(port))
      yield* quiet.waitFor("stdout", /ConnectionOpened/)
      for (const one of [server, quiet]) {
        yield* one.kill("SIGTERM")
        yield* one.ended
      }
      expect(server.text("stderr")).toBe("")
      expect(quiet.text("stderr")).toBe("")
      const wrong = ["serve", "--frame", "lin"]
      expect(yield* tcpfxRun([...wrong, "--log-level", "none"])).toMatchObject({ code: 2, stderr: "" })
      const { stderr } = yield* tcpfxRun([...wrong, "--log-format", "json"])
      expect(messagesIn(stderr)).toEqual([
        expect.objectContaining({ level: "error", message: expect.stringMatching(/^--frame: "lin" is not a framing/) }),
      ])
      expect(yield* tcpfxRun(["serve", "--log-level", "loud"])).toMatchObject({
        code: 2,
        stderr: 'tcpfx: --log-level: "loud" is not one of debug, info, warn, error, none\n',
      })
    }),
  )

  it.scopedLive(
    "have the commands of the control socket with --log-level debug, and a variable can set the level",
    () =>
      Effect.gen(function* () {
        const control = join(yield* temporaryFolder, "control")
        const { server } = yield* tcpfxServe(["--mode", "echo", "--control", control], {
          env: { TCPFX_SERVE_LOG_LEVEL: "debug" },
        })
        const operator = yield* dialRaw(unixEndpoint(control))
        yield* operator.send("summary\nkick @7\n")
        yield* server.waitFor("stderr", /^tcpfx: control: kick @7$/m)
        yield* server.kill("SIGINT")
        yield* server.ended
        expect(server.text("stderr")).toMatch(/^tcpfx: SIGINT ends the server$/m)
        expect(server.text("stderr")).not.toContain("summary")
      }),
  )
})
