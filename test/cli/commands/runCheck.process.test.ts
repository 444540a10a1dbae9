import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveIpv6, tcpFree } from "../../support/peers.ts"
import { listenRaw } from "../../support/rawListener.ts"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const portOf = (endpoint: { readonly _tag: string; readonly port?: number }): number => endpoint.port ?? 0

describe("tcpfx connect -z", () => {
  it.scopedLive("tells ports that hold, close, reset and refuse connections apart, one line each, in order", () =>
    Effect.gen(function* () {
      const holds = yield* listenRaw()
      const closes = yield* listenRaw((socket) => socket.end())
      const resets = yield* listenRaw((socket) => socket.resetAndDestroy())
      const closed = portOf(yield* tcpFree)
      const ports = [holds.port, closes.port, resets.port, closed]
      const text = yield* tcpfxRun(["-z", "-v", "-w", "5", "127.0.0.1", ports.join(",")])
      expect(text).toMatchObject({ code: 0, stderr: "" })
      expect(text.stdout).toBe(
        [
          `127.0.0.1:${holds.port}: open`,
          `127.0.0.1:${closes.port}: open, but it closed the connection at once`,
          `127.0.0.1:${resets.port}: open, but it reset the connection at once`,
          `127.0.0.1:${closed}: connection refused; nothing listens there, or a firewall rejects it`,
          "",
        ].join("\n"),
      )
      const json = yield* tcpfxRun(["connect", "--check", "127.0.0.1", ...ports.map(String), "--output", "json"])
      const lines = json.stdout.trim().split("\n")
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { v: 1, _tag: "Probe", endpoint: { port: holds.port }, open: true, result: "Open" },
        { open: true, result: "ClosedAtOnce", reason: { _tag: "PeerClosed" } },
        { open: true, result: "ClosedAtOnce", reason: { _tag: "PeerReset" } },
        { open: false, result: "Refused", failure: "Refused", code: "ECONNREFUSED" },
      ])
    }),
  )

  it.scopedLive("refuses a TLS flag without --tls, which would check nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* listenRaw()
      const { code, stderr, stdout } = yield* tcpfxRun(["-z", "127.0.0.1", `${port}`, "--tls-ca", "ca.pem"])
      expect([code, stdout, stderr]).toEqual([2, "", "tcpfx: --tls-ca needs TLS; give --tls too\n"])
    }),
  )

  it.scopedLive("takes the flags of messages, and warns about flags that make TLS weak", () =>
    Effect.gen(function* () {
      const closed = portOf(yield* tcpFree)
      const check = (...flags: ReadonlyArray<string>) =>
        tcpfxRun(["-z", "127.0.0.1", `${closed}`, "--tls", "--tls-legacy", ...flags])
      const warned = yield* check("--log-level", "warn", "--log-format", "json")
      expect(JSON.parse(warned.stderr)).toMatchObject({
        level: "warn",
        message: expect.stringMatching(/^WARNING: --tls-legacy /),
      })
      const quiet = yield* check("--log-level", "error")
      expect([quiet.code, quiet.stderr]).toEqual([1, ""])
      expect(quiet.stdout).toMatch(/: connection refused; /)
    }),
  )

  it.scopedLive("exits with 0 as nc does: if one port is open; with --wait if all are open and stay open", () =>
    Effect.gen(function* () {
      const { port } = yield* listenRaw()
      const closes = yield* listenRaw((socket) => socket.end())
      const closed = portOf(yield* tcpFree)
      const codeOf = (...args: ReadonlyArray<string>) => Effect.map(tcpfxRun(["-z", ...args]), ({ code }) => code)
      expect(yield* codeOf("127.0.0.1", `${port},${closed}`)).toBe(0)
      expect(yield* codeOf("127.0.0.1", `${closed}`)).toBe(1)
      expect(yield* codeOf("127.0.0.1", `${closes.port}`)).toBe(0)
      expect(yield* codeOf("127.0.0.1", `${port},${closed}`, "--wait", "200ms")).toBe(1)
      expect(yield* codeOf("127.0.0.1", `${closes.port}`, "--wait", "200ms")).toBe(1)
    }),
  )

  it.scopedLive("knows names, IPv6 and unix sockets", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "x.sock")
      const { port } = yield* listenRaw()
      yield* listenRaw(undefined, { path })
      const six = haveIpv6() ? [(yield* listenRaw(undefined, { host: "::1", port: 0 })).port] : []
      const { code, stdout } = yield* tcpfxRun([
        ...["-z", "-w", "5", `localhost:${port}`, `unix:${path}`, "unix:/nowhere/x.sock"],
        ...six.map((one) => `[::1]:${one}`),
      ])
      expect(code).toBe(0)
      expect(stdout.trim().split("\n")).toEqual([
        `localhost:${port} (127.0.0.1): open`,
        `unix:${path}: open`,
        expect.stringMatching(/^unix:\/nowhere\/x\.sock: there is no socket at that path/),
        ...six.map((one) => `[::1]:${one}: open`),
      ])
    }),
  )

  it.scopedLive("with --wait waits until the port opens", () =>
    Effect.gen(function* () {
      const port = portOf(yield* tcpFree)
      const waiting = yield* tcpfx(["-z", "--wait", "50s", "-w", "2", "127.0.0.1", `${port}`])
      const talking = yield* tcpfx(["connect", "--wait", "50s", "127.0.0.1", `${port}`, "--send", "hi", "--once"])
      const missing = yield* tcpfxRun(["connect", "--wait", "100ms", "127.0.0.1", `${port}`])
      expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/connection refused/)])
      yield* listenRaw((socket) => socket.on("data", () => socket.write("hello")), { host: "127.0.0.1", port })
      expect((yield* waiting.ended).code).toBe(0)
      expect(waiting.text("stdout")).toBe(`127.0.0.1:${port}: open\n`)
      expect((yield* talking.ended).code).toBe(0)
      expect(talking.text("stdout")).toBe("hello")
    }),
  )

  it.scopedLive("with --tls includes the handshake and the certificate", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--tls"])
      const secure = yield* tcpfxRun(["-z", "--tls", "127.0.0.1", `${port}`])
      expect([secure.code, secure.stdout]).toEqual([
        1,
        expect.stringMatching(/: TLS with the server failed: .*--insecure/),
      ])
      const lax = yield* tcpfxRun(["-z", "--tls", "--insecure", "127.0.0.1", `${port}`])
      expect([lax.code, lax.stdout]).toEqual([0, `127.0.0.1:${port}: open\n`])
    }),
  )

  it.scopedLive("refuses what it cannot do, with 2 and one line", () =>
    Effect.gen(function* () {
      for (const [args, problem] of [
        [["host", "25-20"], /the range 25-20 is the wrong way round; write 20-25/],
        [["host", "80", "--send", "x"], /--send has no effect with -z \(--check\)/],
        [["unix:/run/x.sock", "--proxy", "socks5://gate:1080"], /not to unix sockets/],
        [["-n", "localhost", "80"], /--nodns: localhost is a name/],
        [["127.0.0.1", "80", "--output", "raw"], /--output raw has no effect with -z/],
        [["127.0.0.1", "80", "--wait", "0"], /--wait: "0" is not a deadline/],
      ] as const) {
        const { code, stderr } = yield* tcpfxRun(["connect", "-z", ...args])
        expect([args, code, stderr]).toEqual([args, 2, expect.stringMatching(problem)])
        expect(stderr.trim().split("\n").length).toBe(1)
      }
    }),
  )
})
