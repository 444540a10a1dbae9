import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Tls } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { haveAll, ncat, type Peer, tcpFree } from "../support/peers.ts"
import { start, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const openssl: Peer = { program: "openssl", known: /s_client|Standard commands|help/, dial: () => [] }

/** Files of a CA, a server certificate and a client certificate. Returns the path of each file by name. */
const material = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const at = (name: string) => join(folder, name)
  const save = (name: string, { cert, key }: Tls.Identity) => {
    writeFileSync(at(`${name}.pem`), cert)
    writeFileSync(at(`${name}-key.pem`), Redacted.value(key))
  }
  const ca = yield* Effect.promise(() => makeIdentity({ name: "CA" }))
  save("ca", ca)
  save("server", yield* Effect.promise(() => makeIdentity({ name: "server", by: ca })))
  save("stranger", yield* Effect.promise(() => makeIdentity({ name: "stranger" })))
  save("client", yield* Effect.promise(() => makeIdentity({ name: "plc-1", by: ca })))
  return at
})

const megabyte = "0123456789abcdef".repeat(65_536)

describe("TLS with OpenSSL's own client and server", () => {
  it.scopedLive.skipIf(!haveAll(openssl))(
    "s_client checks our certificate, shows its own, agrees on ALPN, and gets all back",
    () =>
      Effect.gen(function* () {
        const at = yield* material
        const files = [
          "--tls-cert",
          at("server.pem"),
          "--tls-key",
          at("server-key.pem"),
          "--tls-client-ca",
          at("ca.pem"),
        ]
        const { port, server } = yield* tcpfxServe(["--mode", "echo", ...files, "--tls-alpn", "lines/1"])
        const client = yield* start("openssl", [
          ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-quiet", "-no_ign_eof"],
          ...["-CAfile", at("ca.pem"), "-verify_return_error", "-alpn", "lines/1"],
          ...["-cert", at("client.pem"), "-key", at("client-key.pem")],
        ])
        yield* server.waitFor("stderr", /#1 connected .*\(TLSv1\.3, \S+, lines\/1, CN=plc-1\)/)
        yield* client.write(megabyte)
        yield* client.waitForBytes("stdout", megabyte.length)
        expect(client.text("stdout")).toBe(megabyte)
        yield* client.endInput
        yield* client.ended
        yield* server.waitFor("stderr", /#1 closed: by the peer; 1 MiB in, 1 MiB out/)
      }),
  )

  it.scopedLive.skipIf(!haveAll(openssl))(
    "our client checks the certificate of s_server, and an old version is refused by both",
    () =>
      Effect.gen(function* () {
        const at = yield* material
        const endpoint = yield* tcpFree
        const port = endpoint._tag === "Tcp" ? endpoint.port : 0
        const served = yield* start("openssl", [
          ...["s_server", "-accept", `127.0.0.1:${port}`, "-cert", at("server.pem"), "-key", at("server-key.pem")],
          ...["-rev", "-tls1_2"],
        ])
        yield* served.waitFor("stdout", /ACCEPT/)
        const connect = [
          "connect",
          `127.0.0.1:${port}`,
          "--tls",
          "--tls-ca",
          at("ca.pem"),
          "--send",
          "hello\n",
          "--once",
        ]
        const { code, stdout } = yield* tcpfxRun([...connect, "--output", "json"])
        expect(code).toBe(0)
        expect(stdout).toContain('"protocol":"TLSv1.2"')
        expect(stdout).toContain('"text":"olleh\\n"')
        const young = yield* tcpfxRun([...connect, "--tls-min", "1.3"])
        expect([young.code, young.stderr]).toEqual([
          1,
          expect.stringMatching(/TLS with the server failed: it .*version/),
        ])
        const elsewhere = yield* tcpfxRun([...connect, "--tls-name", "elsewhere.test"])
        expect([elsewhere.code, elsewhere.stderr]).toEqual([
          1,
          expect.stringMatching(/its certificate is for .+, not for elsewhere\.test/),
        ])
      }),
  )

  it.scopedLive.skipIf(!haveAll(openssl))(
    "our client reports in words why s_server refuses its certificate, and s_client gets the alert of our refusal",
    () =>
      Effect.gen(function* () {
        const at = yield* material
        const endpoint = yield* tcpFree
        const port = endpoint._tag === "Tcp" ? endpoint.port : 0
        const pair = ["-cert", at("server.pem"), "-key", at("server-key.pem")]
        const verify = ["-CAfile", at("ca.pem"), "-Verify", "1", "-verify_return_error"]
        const served = yield* start("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, ...pair, ...verify])
        yield* served.waitFor("stdout", /ACCEPT/)
        const connect = ["connect", `127.0.0.1:${port}`, "--tls", "--tls-ca", at("ca.pem"), "--send", "hello\n"]
        for (const [args, alert] of [
          [[], /TLS: it requires a client certificate \(alert 116, certificate_required\)/],
          [["--tls-cert", at("stranger.pem"), "--tls-key", at("stranger-key.pem")], /\(alert 48, unknown_ca\)/],
        ] as const) {
          const { code, stderr, stdout } = yield* tcpfxRun([...connect, ...args])
          expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(alert)])
        }
        const files = ["--tls-cert", at("server.pem"), "--tls-key", at("server-key.pem")]
        const ours = yield* tcpfxServe(["--mode", "echo", ...files, "--tls-client-ca", at("ca.pem")])
        for (const [version, alert] of [
          ["-tls1_3", /SSL alert number 116/],
          ["-tls1_2", /SSL alert number 40/],
        ] as const) {
          const client = yield* start("openssl", ["s_client", "-connect", `127.0.0.1:${ours.port}`, version, "-quiet"])
          yield* client.waitFor("stderr", alert)
        }
      }),
  )

  it.scopedLive.skipIf(!haveAll(ncat))("ncat --ssl gets back what it sends, with FIN at the end", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--mode", "echo", "--ssl"])
      const client = yield* start("ncat", ["--ssl", "127.0.0.1", `${port}`])
      yield* client.write(megabyte)
      yield* client.endInput
      yield* client.waitForBytes("stdout", megabyte.length)
      expect(client.text("stdout")).toBe(megabyte)
      yield* server.waitFor("stderr", /#1 closed: by the peer; 1 MiB in, 1 MiB out/)
    }),
  )
})
