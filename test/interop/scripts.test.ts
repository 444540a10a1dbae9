import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveAll, ncat, type Peer, python, tcpFree } from "../support/peers.ts"
import { start, tcpfxRun } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const redis: Peer = { program: "redis-server", known: /redis/i, dial: () => [] }
const smtp = fileURLToPath(new URL("peers/smtp.py", import.meta.url))
const session = "EHLO me\r\nMAIL FROM:<a@b>\r\nQUIT\r\n"
const port = Effect.map(tcpFree, (endpoint) => (endpoint._tag === "Tcp" ? `${endpoint.port}` : ""))

/** Runs a session with an SMTP server that refuses a client that speaks before its turn. */
const withSmtp = (...flags: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* start("python3", [smtp])
    const [, at = ""] = yield* server.waitFor("stdout", /^(\d+)\n/)
    return yield* tcpfxRun(["connect", "127.0.0.1", at, ...flags], session)
  }).pipe(Effect.scoped)

describe.skipIf(!haveAll(python))("a server that refuses a client that speaks before its turn", () => {
  it.scopedLive("refuses a plain connect, and answers --lockstep, --delay, and both", () =>
    Effect.gen(function* () {
      expect((yield* withSmtp()).stdout).toMatch(/^554/)
      const answers = /^220 mail ESMTP\r\n250-mail\r\n250 SIZE 1000\r\n250 ok\r\n221 bye\r\n$/
      for (const flags of [["--lockstep"], ["--delay", "2s"], ["--lockstep", "--delay", "20ms"]]) {
        const { code, stderr, stdout } = yield* withSmtp(...flags)
        expect([flags, code, stderr, stdout]).toEqual([flags, 0, "", expect.stringMatching(answers)])
      }
    }),
  )

  it.scopedLive("gets each --send in lockstep too, and a line that it closes before is a failure", () =>
    Effect.gen(function* () {
      const texts = session.split("\r\n").flatMap((line) => (line === "" ? [] : ["--send", `${line}\\r\\n`]))
      expect(yield* withSmtp("--lockstep", ...texts)).toMatchObject({ code: 0, stderr: "" })
      const after = yield* withSmtp("--lockstep", ...texts, "--send", "NOOP\\r\\n")
      expect([after.code, after.stderr]).toEqual([
        1,
        "tcpfx: the server closed the connection before all of the input was sent\n",
      ])
    }),
  )
})

describe.skipIf(!haveAll(redis))("Redis, which stays connected", () => {
  it.scopedLive("is waited for, and its INFO is left at a condition", () =>
    Effect.gen(function* () {
      const at = yield* port
      const waiting = yield* Effect.fork(tcpfxRun(["-z", "--wait", "30s", "127.0.0.1", at]))
      yield* start("redis-server", ["--port", at, "--save", "", "--bind", "127.0.0.1"], { cwd: yield* temporaryFolder })
      expect(yield* waiting).toMatchObject({ code: 0, stdout: `127.0.0.1:${at}: open\n` })
      const info = yield* tcpfxRun(["connect", at, "--send", "INFO server\\r\\n", "--until", "text:\\r\\n\\r\\n"])
      expect([info.code, info.stdout]).toEqual([0, expect.stringMatching(/redis_version:[\s\S]*\r\n\r\n$/)])
      const quiet = yield* tcpfxRun(["connect", at, "--send", "INFO\\r\\n", "--until", "quiet:300ms"])
      expect([quiet.code, quiet.stdout]).toEqual([0, expect.stringMatching(/redis_version:[\s\S]*# Keyspace/)])
      const missing = yield* tcpfxRun(["connect", at, "--send", "PING\\r\\n", "--until", "text:never", "-i", "300ms"])
      expect([missing.code, missing.stdout]).toEqual([1, "+PONG\r\n"])
    }),
  )
})

describe.skipIf(!haveAll(ncat))("ncat", () => {
  it.scopedLive("is found open while it listens, and gets everything from --send-only", () =>
    Effect.gen(function* () {
      const at = yield* port
      const server = yield* start("ncat", ["-l", "-k", "127.0.0.1", at])
      expect(yield* tcpfxRun(["-z", "--wait", "30s", "127.0.0.1", at])).toMatchObject({ code: 0 })
      expect(yield* tcpfxRun(["--send-only", "127.0.0.1", at], "all of it")).toMatchObject({ code: 0, stderr: "" })
      yield* server.waitFor("stdout", /^all of it$/)
    }),
  )
})
