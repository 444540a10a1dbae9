import { networkInterfaces } from "node:os"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { consoleIn, script } from "../../support/consoleTerminal.ts"
import { haveAll } from "../../support/peers.ts"
import { tcpfxRun } from "../../support/tcpfxProcess.ts"

const question = /Listen on which address\? Port (\d+)\./
const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])

describe.skipIf(!haveAll(script))("the question of serve for an address", () => {
  it.scopedLive("keeps loopback with Enter, and gives the keys typed after it to the console", () =>
    Effect.gen(function* () {
      const shown = yield* consoleIn(["serve", "0", "--pick"])
      yield* shown.until(question)
      yield* shown.type("\rhello")
      yield* shown.until(/listening on 127\.0\.0\.1:\d+ · 0 clients/)
      yield* shown.until(/^> hello$/m)
      const text = shown.lines().join("\n")
      expect(text).not.toMatch(question)
      expect(text).not.toContain("only this machine can connect")
    }),
  )

  it.scopedLive("takes the address of a key, or of an arrow and Enter", () =>
    Effect.gen(function* () {
      const byKey = yield* consoleIn(["serve", "0", "--pick", "-4"])
      yield* byKey.until(question)
      yield* byKey.type("0")
      yield* byKey.until(/listening on 0\.0\.0\.0:\d+ · 0 clients/)
      const byArrow = yield* consoleIn(["serve", "-p", "0", "--pick", "-4", "--plain"])
      yield* byArrow.until(question)
      yield* byArrow.type("\u001b[F\r")
      yield* byArrow.until(/listening on 0\.0\.0\.0:\d+/)
    }),
  )

  it.scopedLive("ends the command when it is cancelled or the process is asked to end", () =>
    Effect.forEach(["keys", "signal"] as const, (how) =>
      Effect.gen(function* () {
        const shown = yield* consoleIn(["serve", "0", "--pick"], { after: "stty -a" })
        yield* shown.until(question)
        if (how === "keys") yield* shown.type("\u0003")
        else process.kill(shown.pid, "SIGTERM")
        expect((yield* shown.process.ended).code).toBe(how === "keys" ? 130 : 143)
        expect(shown.process.text("stdout")).toMatch(/ icanon [\s\S]* echo /)
        expect(shown.lines().join("\n")).not.toMatch(question)
      }),
    ),
  )

  it.scopedLive.skipIf(addresses.every(({ internal }) => internal))(
    "comes without --pick if nothing names an endpoint and other machines can reach this one",
    () =>
      Effect.gen(function* () {
        const shown = yield* consoleIn(["serve"])
        yield* shown.until(question)
        yield* shown.type("\u0003")
        expect((yield* shown.process.ended).code).toBe(130)
      }),
  )

  it.scopedLive("does not come where the environment names an endpoint", () =>
    Effect.gen(function* () {
      const shown = yield* consoleIn(["serve"], { env: { TCPFX_LISTEN: "127.0.0.1:0" } })
      yield* shown.until(/listening on 127\.0\.0\.1:\d+ · 0 clients/)
    }),
  )
})

it.scopedLive("--pick is refused without a terminal, and beside an address", () =>
  Effect.gen(function* () {
    const piped = yield* tcpfxRun(["serve", "--pick"])
    expect([piped.code, piped.stderr]).toEqual([2, expect.stringMatching(/^tcpfx: --pick needs a terminal [^\n]*\n$/)])
    const named = yield* tcpfxRun(["serve", "127.0.0.1:0", "--pick"])
    expect(named).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--pick asks for the address; name at most"),
    })
  }),
)
