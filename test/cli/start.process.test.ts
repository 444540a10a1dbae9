import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start, tcpfx, tcpfxServe } from "../support/tcpfxProcess.ts"
import { string } from "../support/texts.ts"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))
const local = (port: number) => tcpEndpoint("127.0.0.1", port)

describe("the end of tcpfx serve", () => {
  it.scopedLive("is 130 for SIGINT and 143 for SIGTERM, after an orderly end of its connections", () =>
    Effect.forEach([["SIGINT", 130] as const, ["SIGTERM", 143] as const], ([signal, code]) =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe()
        const client = yield* dialRaw(local(port))
        yield* server.waitFor("stderr", /#1 connected/)
        yield* server.write("last words\n")
        yield* server.waitFor("stdout", /last words/)
        yield* server.kill(signal)
        expect(string(yield* client.takeRest)).toBe("last words\n")
        yield* client.halfClose
        expect(yield* server.ended).toEqual({ code, signal: null })
        expect(server.text("stderr")).toMatch(/#1 closed: drained/)
      }).pipe(Effect.scoped),
    ),
  )

  it.scopedLive("comes at the deadline of the drain when a client neither reads nor closes", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--drain", "300ms", "--no-traffic", "--hub-budget", "64MiB"], {
        env: { TCPFX_PACE_LIMIT: "50ms" },
      })
      yield* dialRaw(local(port), { reads: false })
      yield* server.waitFor("stderr", /#1 connected/)
      // More than the kernel buffers for a peer that does not read (tcp(7), tcp_rmem and tcp_wmem).
      yield* Effect.fork(server.write(new Uint8Array(48 * 1024 * 1024)))
      yield* server.waitFor("stderr", /#1 reads too slowly/)
      yield* server.kill("SIGTERM")
      expect(yield* server.ended).toEqual({ code: 143, signal: null })
      expect(server.text("stderr")).toMatch(/#1 closed: the deadline passed with \d+ bytes not accepted by the peer/)
      expect(server.text("stderr")).toMatch(/0 closed gracefully, 1 reset/)
    }),
  )

  it.scopedLive("comes at once with a second signal, whichever it is", () =>
    Effect.forEach(
      [["SIGTERM", "SIGINT", 130] as const, ["SIGINT", "SIGTERM", 143] as const],
      ([first, second, code]) =>
        Effect.gen(function* () {
          const { server, port } = yield* tcpfxServe(["--drain", "1h"])
          yield* dialRaw(local(port))
          yield* server.waitFor("stderr", /#1 connected/)
          yield* server.kill(first)
          yield* server.waitFor("stderr", /draining 1 connection for up to 1 h/)
          yield* server.kill(second)
          expect((yield* server.ended).code).toBe(code)
        }).pipe(Effect.scoped),
    ),
  )

  it.scopedLive("is clean, with 0, when the reader of its output closes", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe()
      yield* Effect.sync(() => server.child.stdout.destroy())
      const client = yield* dialRaw(local(port))
      yield* client.send("who reads this\n")
      yield* client.takeRest
      yield* client.halfClose
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
      expect(server.text("stderr")).not.toMatch(/EPIPE|Error/)
    }),
  )

  it.scopedLive("comes with the first signal even without a reader of its output, in every output mode", () =>
    Effect.forEach(["text", "json", "raw"], (mode) =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe(["--output", mode, "--drain", "300ms"])
        yield* Effect.sync(() => server.child.stdout.pause())
        const client = yield* dialRaw(local(port))
        yield* Effect.fork(client.send(new Uint8Array(8_000_000)))
        yield* server.kill("SIGTERM")
        expect((yield* server.exited).code).toBe(143)
      }).pipe(Effect.scoped),
    ),
  )

  it.scopedLive("does not wait for the input of a terminal in the modes that do not send it", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--mode", "echo"])
      yield* server.write("is not read\n")
      const client = yield* dialRaw(local(port))
      yield* client.send("echoed")
      yield* client.expect("echoed")
      expect(server.text("stdout")).not.toContain("is not read")
    }),
  )

  it.scopedLive("does not come early: standard input may be closed or absent", () =>
    Effect.gen(function* () {
      const server = yield* start("/bin/sh", ["-c", `exec "${process.execPath}" "${bin}" serve 127.0.0.1:0 <&-`])
      const ready = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      const client = yield* dialRaw(local(Number(ready[1])))
      yield* client.send("heard\n")
      yield* server.waitFor("stdout", /#1 < heard/)
    }),
  )
})

describe("a write error on standard output", () => {
  it.scopedLive("ends the command with 1 and one line: a full disk", () =>
    Effect.gen(function* () {
      const failed = yield* start("/bin/sh", ["-c", `exec "${process.execPath}" "${bin}" interfaces >/dev/full`])
      expect((yield* failed.ended).code).toBe(1)
      expect(failed.text("stderr")).toBe(
        "tcpfx: standard output cannot be written (no space is left on the disk, ENOSPC)\n",
      )
    }),
  )
})

describe("tcpfx connect, interrupted", () => {
  it.scopedLive("exits even if its output has no reader and the server does not stop", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--mode", "discard"])
      const client = yield* tcpfx(["connect", `${port}`])
      yield* server.waitFor("stderr", /#1 connected/)
      yield* Effect.sync(() => client.child.stdout.pause())
      yield* client.kill("SIGINT")
      expect((yield* client.exited).code).toBe(130)
    }),
  )

  it.scopedLive("exits with 130 after SIGINT and with 143 after SIGTERM", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe()
      for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
        const client = yield* tcpfx(["connect", `${port}`, "--output", "text"])
        yield* client.waitFor("stderr", /connected to/)
        yield* client.kill(signal)
        expect((yield* client.ended).code).toBe(code)
        expect(client.text("stderr")).toMatch(/disconnected: by this side/)
      }
    }),
  )
})
