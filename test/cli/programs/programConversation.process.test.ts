import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"

/** A `tcpfx -l` that sends its input to its only client. */
const listening = Effect.gen(function* () {
  const server = yield* tcpfx(["-l", "-p", "0"])
  const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
  return { server, port: port ?? "" }
})

it.scopedLive("the program of a client reads what the server sends, and the server gets its output", () =>
  Effect.gen(function* () {
    const { port, server } = yield* listening
    const client = yield* tcpfx(["127.0.0.1", port, "-e", "sed -u s/^/got:/"])
    yield* server.write("one\n")
    yield* server.waitFor("stdout", /^got:one\n$/)
    yield* server.write("two\n")
    yield* server.endInput
    expect(yield* client.ended).toEqual({ code: 0, signal: null })
    expect(yield* server.ended).toEqual({ code: 0, signal: null })
    expect(server.text("stdout")).toBe("got:one\ngot:two\n")
    expect([client.text("stdout"), client.text("stderr")]).toEqual(["", ""])
  }),
)

it.scopedLive("a client exits with 1 and the reason if its program fails", () =>
  Effect.gen(function* () {
    const { port } = yield* listening
    expect(yield* tcpfxRun(["127.0.0.1", port, "-c", "exit 3"])).toMatchObject({
      code: 1,
      stderr: "tcpfx: the program ended with 3\n",
    })
  }),
)

it.effect("a client refuses flags that a program makes useless", () =>
  Effect.gen(function* () {
    for (const flags of [["--send", "x"], ["--once"], ["-q", "1"], ["--no-shutdown"], ["--frame", "line"]]) {
      const { code, stderr } = yield* tcpfxRun(["127.0.0.1", "1", "-e", "cat", ...flags])
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^tcpfx: --\S+ has no effect with --exec or --sh-exec/)])
    }
  }),
)
