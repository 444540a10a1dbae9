import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { httpProxy } from "../../support/proxies.ts"
import { tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

describe("tcpfx connect --proxy, --send-proxy and --source", () => {
  it.scopedLive("connect through a proxy, which looks the name up; so does the variable", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const proxy = `http://me:secret@127.0.0.1:${(yield* httpProxy()).port}`
      const args = ["connect", `plc.invalid:${port}`, "--send", "hello", "--once", "--output", "json"]
      for (const run of [tcpfxRun([...args, "--proxy", proxy]), tcpfxRun(args, "", { env: { TCPFX_PROXY: proxy } })]) {
        const { code, stderr, stdout } = yield* run
        expect([code, stderr]).toEqual([0, ""])
        expect(stdout).toContain('"text":"hello"')
        expect(stdout).toContain(`"target":{"_tag":"Tcp","host":"plc.invalid","port":${port}}`)
        expect(stdout).not.toContain("secret")
      }
    }),
  )

  it.scopedLive("give a server behind proxies the address of the client", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe([
        ...["--mode", "echo", "--proxy-protocol", "require", "--proxy-from", "127.0.0.0/8"],
      ])
      const { code, stdout } = yield* tcpfxRun([
        ...["connect", `127.0.0.1:${port}`, "--send-proxy", "v2", "--source", "127.0.0.9", "--send", "x", "--once"],
      ])
      expect([code, stdout]).toEqual([0, "x"])
      yield* server.waitFor("stderr", /#1 connected from 127\.0\.0\.9:\d+ by way of 127\.0\.0\.9:\d+/)
      const bare = yield* tcpfxRun(["connect", `127.0.0.1:${port}`, "--send", "no header at all", "--once"])
      expect(bare.code).toBe(1)
      yield* server.waitFor("stderr", /refused: PROXY header: /)
    }),
  )

  it.scopedLive("report each problem in one line, with 2 for the command line and 1 for the network", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
        [
          ["connect", "--proxy", "ftp://me:secret@gate"],
          2,
          /--proxy: "ftp:\/\/\*\*\*@gate" is not a proxy: the scheme "ftp"/,
        ],
        [["connect", "unix:/run/x", "--proxy", "http://gate"], 2, /a proxy connects to hosts and ports/],
        [["connect", "--send-proxy", "v3"], 2, /"v3" is not a version of the PROXY protocol.* expected v1 or v2/],
        [["connect", "--source", "gate"], 2, /"gate" is not a source address: it is not an IP address/],
        [["connect", "--source-port", "70000"], 2, /"70000" is not a port: it is not a number from 1 to 65535/],
        [
          ["connect", "127.0.0.1:9", "--proxy", "http://127.0.0.1:1"],
          1,
          /by way of http:\/\/127\.0\.0\.1:1: the proxy cannot be/,
        ],
        [
          ["connect", "127.0.0.1:9", "--source", "192.0.2.77"],
          1,
          /no interface of this machine has the source address/,
        ],
        [
          ["serve", "0", "--proxy-protocol", "require"],
          2,
          /--proxy-protocol require needs --proxy-from with the addresses of the proxies/,
        ],
        [["serve", "0", "--proxy-from", "10.0.0.0/8"], 2, /--proxy-from needs --proxy-protocol require/],
      ]
      for (const [args, expected, problem] of cases) {
        const { code, stderr } = yield* tcpfxRun(args)
        expect([args, code, stderr]).toEqual([args, expected, expect.stringMatching(problem)])
        expect(stderr.trimEnd().split("\n").length).toBe(1)
        expect(stderr).not.toContain("secret")
      }
    }),
  )
})
