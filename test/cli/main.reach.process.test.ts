import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { haveIpv6 } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start, tcpfx, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

/** Listens with the shortest accept queue, and never accepts a connection. */
const deafListener = `
const server = require("node:net").createServer()
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, server.address().port + "\\n")
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

describe("tcpfx serve and connect", () => {
  it.scopedLive("reach each other by -U, and by unix: and a path with spaces", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "a b.sock")
      const server = yield* tcpfx(["serve", "-U", path, "--mode", "echo"])
      yield* server.waitFor("stderr", /listening on unix:/)
      for (const form of [["-U", path], [`-U${path}`], [`--unixsock=${path}`], [`unix:${path}`]]) {
        expect(yield* tcpfxRun(["connect", ...form], "x")).toMatchObject({ code: 0, stdout: "x", stderr: "" })
      }
    }),
  )

  it.scopedLive.skipIf(!haveIpv6())("reach each other over IPv6, in each notation", () =>
    Effect.gen(function* () {
      for (const form of [["[::1]:0"], ["::1", "0"], ["[::1]", "0"], ["::1", "-p", "0"], ["-p0", "[::1]"]]) {
        const server = yield* tcpfx(["serve", ...form, "--mode", "echo"])
        const [, port = ""] = yield* server.waitFor("stderr", /listening on \[::1\]:(\d+)$/m)
        for (const written of [[`[::1]:${port}`], ["::1", port], ["[::1]", `-p${port}`]]) {
          expect(yield* tcpfxRun(["connect", ...written], "x")).toMatchObject({ code: 0, stdout: "x" })
        }
      }
    }),
  )

  it.scopedLive("reach each other by a host and -p", () =>
    Effect.gen(function* () {
      const server = yield* tcpfx(["serve", "127.0.0.1", "-p", "0", "--mode", "echo"])
      const [, port = ""] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)$/m)
      expect(yield* tcpfxRun(["connect", "127.0.0.1", "-p", port], "x")).toMatchObject({ code: 0, stdout: "x" })
    }),
  )

  it.scopedLive("send text that looks like an option unchanged", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      for (const text of ["--help", "--version", "--once", "--", "-p"]) {
        expect(yield* tcpfxRun(["connect", `${port}`, "--send", text])).toMatchObject({ code: 0, stdout: text })
      }
    }),
  )
})

describe("tcpfx connect", () => {
  it.scopedLive("gives up with 1 when no server answers within -w", () =>
    Effect.gen(function* () {
      const listener = yield* start(process.execPath, ["-e", deafListener])
      const port = Number((yield* listener.waitFor("stdout", /^(\d+)$/m))[1])
      // The kernel queues one connection more than the backlog (listen(2)), then drops further ones.
      yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      const result = yield* tcpfxRun(["connect", `${port}`, "-w", "300ms"])
      expect(result).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `tcpfx: cannot connect to 127.0.0.1:${port}: no answer in time; the host is down, or a firewall drops the packets\n`,
      })
    }),
  )

  it.scopedLive("shows frames with their ends, as raw output and as text", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--frame", "line", "--reply", "ok"])
      const send = ["connect", `${port}`, "--frame", "line", "--send", "a", "--send", "b"]
      expect(yield* tcpfxRun(send)).toMatchObject({ code: 0, stdout: "ok\nok\n" })
      const { stdout } = yield* tcpfxRun([...send, "--output", "text"])
      expect(stdout.replace(/^\S+ /gm, "").split("\n").sort()).toEqual(["", "< ok", "< ok", "> a", "> b"])
    }),
  )
})

describe("the end of tcpfx serve", () => {
  it.scopedLive("comes at the deadline of the drain when a client reads on and never closes", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--drain", "300ms"])
      const client = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.kill("SIGINT")
      expect((yield* client.takeRest).length).toBe(0)
      expect(yield* server.ended).toEqual({ code: 130, signal: null })
      expect(server.text("stderr")).toMatch(/#1 closed: the peer did not close its side before the deadline/)
      expect(server.text("stderr")).toMatch(/0 closed gracefully, 1 reset/)
    }),
  )
})
