import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"

const listen = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* tcpfx([...args, "-p", "0"])
    const [, port] = yield* server.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)$/m)
    return { server, to: tcpEndpoint("127.0.0.1", Number(port)) }
  })

describe("tcpfx -l", () => {
  it.scopedLive("writes the bytes of its first client to a pipe, accepts no second one, and ends with 0", () =>
    Effect.gen(function* () {
      const { server, to } = yield* listen("-lv")
      const client = yield* dialRaw(to)
      yield* client.send("all of it\n")
      yield* server.waitFor("stdout", /^all of it\n$/)
      expect((yield* Effect.exit(dialRaw(to)))._tag).toBe("Failure")
      yield* client.halfClose
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
      expect(server.text("stdout")).toBe("all of it\n")
    }),
  )

  it.scopedLive("serves on with -k, and with --broker", () =>
    Effect.gen(function* () {
      for (const flags of [["-lk"], ["-l", "--broker"]]) {
        const { server, to } = yield* listen(...flags)
        const first = yield* dialRaw(to)
        yield* first.halfClose
        const second = yield* dialRaw(to)
        yield* second.send("of the second\n")
        yield* server.waitFor("stdout", /of the second\n/)
      }
    }),
  )

  it.scopedLive("refuses a limit that has no effect, and with -n a name", () =>
    Effect.gen(function* () {
      const limited = yield* tcpfxRun(["-l", "-p", "0", "-m", "5"])
      expect(limited).toMatchObject({ code: 2, stderr: expect.stringMatching(/serves one client; give -k too/) })
      expect(yield* tcpfxRun(["-nl", "localhost", "0"])).toMatchObject({
        code: 2,
        stderr: "tcpfx: --nodns: localhost is a name; give an IP address, or leave --nodns (-n) out\n",
      })
    }),
  )
})

describe("tcpfx host port", () => {
  it.scopedLive("connects, and takes the flags of netcat that tcpfx does not need", () =>
    Effect.gen(function* () {
      const { server, to } = yield* listen("-l")
      const { code, stderr } = yield* tcpfxRun(["-nvvN", "127.0.0.1", String(to.port)], "hello\n")
      expect([code, stderr]).toEqual([0, ""])
      yield* server.ended
      expect(server.text("stdout")).toBe("hello\n")
    }),
  )

  it.effect("refuses -n with a name, and -N beside --no-shutdown", () =>
    Effect.gen(function* () {
      expect(yield* tcpfxRun(["-n", "localhost", "1"])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/localhost is a name/),
      })
      expect(yield* tcpfxRun(["-N", "127.0.0.1", "1", "--no-shutdown"])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/--shutdown \(-N\) contradicts --no-shutdown/),
      })
    }),
  )
})
