import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveAll, type Peer } from "../../support/peers.ts"
import { start, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))
const interrupt = "\u0003"

/** script(1) of util-linux. It runs a program in a terminal and copies the terminal's output to one stream. */
const script: Peer = { program: "script", known: /--command/, dial: () => [] }

const inTerminal = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  start("script", ["-qefc", `'${process.execPath}' '${bin}' ${args.join(" ")} --plain`, "/dev/null"], {
    env: { TERM: "xterm", ...env },
  })

const served = (env?: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const server = yield* inTerminal(["serve", "0"], env)
    const [, port = ""] = yield* server.waitFor("stdout", /^tcpfx: listening on 127\.0\.0\.1:(\d+)\r$/m)
    yield* tcpfxRun(["connect", port, "--send", "hello", "--send", "\\n"])
    yield* server.waitFor("stdout", /#1 closed/)
    yield* server.write("typed\n")
    yield* server.waitFor("stdout", /nobody > typed/)
    yield* server.write(interrupt)
    expect((yield* server.ended).code).toBe(130)
    return server.text("stdout")
  })

describe.skipIf(!haveAll(script))("tcpfx --plain in a terminal", () => {
  it.scopedLive(
    "shows talk dim, what is sent red and what is received in the default colour, and ends with Ctrl-C",
    () =>
      Effect.gen(function* () {
        const shown = yield* served()
        expect(shown).toMatch(/\u001b\[2m\S+ #1 connected from 127\.0\.0\.1:\d+\u001b\[22m\r\n/)
        expect(shown).toMatch(/^\S+ #1 < hello(\\n)?\r$/m)
        expect(shown).toMatch(/\u001b\[31m\S+ nobody > typed\\n\u001b\[39m\r\n/)
      }),
  )

  it.scopedLive("writes no colour codes when NO_COLOR is set, or for a terminal without colours", () =>
    Effect.forEach([{ NO_COLOR: "1" }, { TERM: "dumb" }], (env) =>
      Effect.gen(function* () {
        const shown = yield* served(env)
        expect(shown).toMatch(/^\S+ nobody > typed\\n\r$/m)
        expect(shown).not.toContain("\u001b")
      }),
    ),
  )

  it.scopedLive("makes connect write text, with its states", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const client = yield* inTerminal(["connect", `${port}`])
      yield* client.waitFor("stdout", /\u001b\[2m\S+ connected to 127\.0\.0\.1:\d+ from \S+\u001b\[22m\r\n/)
      yield* client.write("typed\n")
      yield* client.waitFor("stdout", /\u001b\[31m\S+ > typed\\n\u001b\[39m\r\n/)
      yield* client.waitFor("stdout", /^\S+ < typed\\n\r$/m)
      yield* client.write(interrupt)
      expect((yield* client.ended).code).toBe(130)
      expect(client.text("stdout")).toMatch(/disconnected: by this side; 6 B in, 6 B out/)
    }),
  )
})
