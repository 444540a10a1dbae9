import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"
import { string } from "../../support/texts.ts"

const listening = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* tcpfx(["-l", "-p", "0", ...args])
    const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
    return { server, to: tcpEndpoint("127.0.0.1", Number(port)) }
  })

describe("tcpfx -l", () => {
  it.scopedLive("sends its input to its client, then FIN, and ends with 0 after the FIN of the client", () =>
    Effect.gen(function* () {
      const { server, to } = yield* listening()
      yield* server.write("of a file\n")
      yield* server.endInput
      const client = yield* dialRaw(to)
      expect(string(yield* client.takeRest)).toBe("of a file\n")
      yield* client.send("answer")
      yield* client.halfClose
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
      expect(server.text("stdout")).toBe("answer")
    }),
  )

  it.scopedLive("sends no FIN after an empty input, so that a client that stops at FIN sends everything", () =>
    Effect.gen(function* () {
      const { server, to } = yield* listening()
      yield* server.endInput
      const client = yield* dialRaw(to)
      yield* client.send("still sending\n")
      yield* server.waitFor("stdout", /still sending/)
      yield* client.halfClose
      expect(string(yield* client.takeRest)).toBe("")
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
    }),
  )

  it.scopedLive("exits with 1 after a reset, and after the time of -q", () =>
    Effect.gen(function* () {
      const broken = yield* listening()
      const client = yield* dialRaw(broken.to)
      yield* client.send("half")
      yield* broken.server.waitFor("stdout", /half/)
      yield* client.reset
      expect(yield* broken.server.ended).toEqual({ code: 1, signal: null })
      expect(broken.server.text("stderr")).toMatch(/^tcpfx: the connection ended: reset by the peer$/m)

      const late = yield* listening("-q", "0.1")
      yield* late.server.write("x")
      yield* late.server.endInput
      yield* dialRaw(late.to)
      expect(yield* late.server.ended).toEqual({ code: 1, signal: null })
      expect(late.server.text("stderr")).toMatch(
        /the client did not close within 100 ms after the end of the input \(-q\)/,
      )
    }),
  )

  it.scopedLive("ends with the signal when no client comes", () =>
    Effect.gen(function* () {
      const { server } = yield* listening()
      yield* server.kill("SIGTERM")
      expect(yield* server.ended).toEqual({ code: 143, signal: null })
    }),
  )

  it.effect("has -q only where the server ends with its client", () =>
    Effect.gen(function* () {
      for (const flags of [["-lk"], ["-l", "--broker"], ["serve"]]) {
        const { code, stderr } = yield* tcpfxRun([...flags, "-p", "0", "-q", "1"])
        expect([code, stderr]).toEqual([2, expect.stringMatching(/^tcpfx: --quit needs -l without -k/)])
      }
    }),
  )
})
