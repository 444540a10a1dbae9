import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

describe("--timestamps, as a process", () => {
  it.scopedLive("sets what a row begins with, as a flag and as a variable, and the flag goes first", () =>
    Effect.gen(function* () {
      const begin = Date.now()
      const env = { TZ: "Asia/Kolkata", TCPFX_TIMESTAMPS: "iso" }
      const { port, server } = yield* tcpfxServe(["--reply", "b"], { env })
      const connect = ["connect", `127.0.0.1:${port}`, "--send", "a", "--once", "--output", "text"]
      const client = yield* tcpfxRun([...connect, "--timestamps", "none"], "", { env })
      expect([client.code, client.stdout]).toEqual([0, "> a\n< b\n"])
      expect(client.stderr).toMatch(/^connecting to /)
      const iso = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30)`
      const row = yield* server.waitFor("stdout", new RegExp(`^${iso} #1 < a\n`))
      const closed = yield* server.waitFor("stderr", new RegExp(`^${iso} #1 closed: `, "m"))
      for (const [, time = ""] of [row, closed]) {
        expect(Date.parse(time)).toBeGreaterThanOrEqual(begin)
        expect(Date.parse(time)).toBeLessThanOrEqual(Date.now())
      }
    }),
  )

  it.scopedLive("refuses another word, from the flag and from the variable", () =>
    Effect.gen(function* () {
      const problem = '"date" is not one of time, iso, delta, none\n'
      const byFlag = yield* tcpfxRun(["serve", "127.0.0.1:0", "--timestamps", "date"])
      expect([byFlag.code, byFlag.stderr]).toEqual([2, `tcpfx: --timestamps: ${problem}`])
      const byVariable = yield* tcpfxRun(["connect", "127.0.0.1:9"], "", { env: { TCPFX_TIMESTAMPS: "date" } })
      expect([byVariable.code, byVariable.stderr]).toEqual([2, `tcpfx: TCPFX_TIMESTAMPS: ${problem}`])
    }),
  )
})
