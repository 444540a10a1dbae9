import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Tls } from "../../../src/transport/index.ts"
import { makeIdentity } from "../../support/certificates.ts"
import { tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { nodeTlsServer } from "../../support/tlsPeers.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const save = (path: string, identity: Tls.Identity) => {
  writeFileSync(`${path}.pem`, identity.cert)
  writeFileSync(`${path}-key.pem`, Redacted.value(identity.key))
}

/** A folder with a CA and a server certificate of that CA: `ca.pem`, `server.pem` and `server-key.pem`. */
const material = Effect.gen(function* () {
  const path = yield* temporaryFolder
  const ca = yield* Effect.promise(() => makeIdentity({ name: "CA" }))
  const server = yield* Effect.promise(() => makeIdentity({ name: "server", by: ca }))
  save(join(path, "ca"), ca)
  save(join(path, "server"), server)
  return { ca, at: (name: string) => join(path, name) }
})

const fingerprint = /fingerprint (([0-9A-F]{2}:){31}[0-9A-F]{2})/

describe("tcpfx serve --tls and tcpfx connect --tls", () => {
  it.scopedLive(
    "need no files: serve makes a self-signed certificate and prints its fingerprint, and --insecure accepts it",
    () =>
      Effect.gen(function* () {
        const { port, server } = yield* tcpfxServe(["--ssl", "--mode", "echo"])
        const [, shown] = yield* server.waitFor("stderr", fingerprint)
        const args = ["connect", `127.0.0.1:${port}`, "--tls", "--send", "secret", "--once"]
        const careful = yield* tcpfxRun(args)
        expect([careful.code, careful.stderr]).toEqual([
          1,
          expect.stringMatching(
            /self-signed and not trusted \(CN=tcpfx development\); trust the CA .* \(--tls-ca FILE, --tls-ca system, --insecure\)/,
          ),
        ])
        const careless = yield* tcpfxRun([...args, "--insecure", "--output", "json"])
        expect(careless.code).toBe(0)
        expect(careless.stdout).toContain(`"fingerprint":"${shown}"`)
        yield* server.waitFor("stderr", /#1 connected from 127\.0\.0\.1:\d+ \(TLSv1\.3, TLS_AES_256_GCM_SHA384\)/)
      }),
  )

  it.scopedLive("keep a self-signed certificate between runs, with a key that only its owner can read", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "kept")
      const first = yield* tcpfxServe(["--tls-keep", path])
      const second = yield* tcpfxServe(["--tls-keep", path])
      const [, one] = yield* first.server.waitFor("stderr", fingerprint)
      const [, two] = yield* second.server.waitFor("stderr", fingerprint)
      expect(one).toBe(two)
      expect(statSync(join(path, "tcpfx-key.pem")).mode & 0o777).toBe(0o600)
    }),
  )

  it.scopedLive(
    "check each other's certificates, show the name of the client, and write the secrets to the key log",
    () =>
      Effect.gen(function* () {
        const { at, ca } = yield* material
        save(at("plc"), yield* Effect.promise(() => makeIdentity({ name: "plc-1", by: ca })))
        const serve = [
          "--tls-cert",
          at("server.pem"),
          "--tls-key",
          at("server-key.pem"),
          "--tls-client-ca",
          at("ca.pem"),
        ]
        const { port, server } = yield* tcpfxServe([
          ...serve,
          "--mode",
          "echo",
          "--tls-alpn",
          "lines/1",
          "--tls-keylog",
          at("secrets"),
        ])
        const connect = ["connect", `localhost:${port}`, "--tls", "--tls-ca", at("ca.pem"), "--send", "x", "--once"]
        const known = yield* tcpfxRun([
          ...connect,
          ...["--tls-cert", at("plc.pem"), "--tls-key", at("plc-key.pem"), "--tls-alpn", "lines/1"],
        ])
        expect([known.code, known.stdout]).toEqual([0, "x"])
        yield* server.waitFor("stderr", /#1 connected .*\(TLSv1\.3, TLS_AES_256_GCM_SHA384, lines\/1, CN=plc-1\)/)
        expect(readFileSync(at("secrets"), "utf8")).toMatch(/^CLIENT_TRAFFIC_SECRET_0 /m)
        expect(statSync(at("secrets")).mode & 0o777).toBe(0o600)
        const stranger = yield* tcpfxRun(connect)
        expect([stranger.code, stranger.stderr]).toEqual([
          1,
          expect.stringMatching(
            /it requires a client certificate \(alert 116, certificate_required\) \(--tls-cert FILE/,
          ),
        ])
        const misnamed = yield* tcpfxRun([...connect, "--tls-name", "elsewhere.test"])
        expect([misnamed.code, misnamed.stderr]).toEqual([
          1,
          expect.stringMatching(
            /its certificate is for localhost, 127\.0\.0\.1, not for elsewhere\.test; request a server name that the certificate has \(--tls-name NAME/,
          ),
        ])
        yield* server.waitFor("stderr", /refused: TLS: it presented no certificate/)
      }),
  )

  it.scopedLive("report a reply without close_notify, which may be cut short, with exit code 1", () =>
    Effect.gen(function* () {
      const { at, ca } = yield* material
      const own = yield* Effect.promise(() => makeIdentity({ name: "server", by: ca }))
      const { endpoint } = yield* nodeTlsServer(own, ({ lower, secured }) => {
        secured.write("half a reply", () => lower.end())
      })
      const port = endpoint._tag === "Tcp" ? endpoint.port : 0
      const connect = ["connect", `localhost:${port}`, "--tls", "--tls-ca", at("ca.pem"), "--send", "x"]
      for (const args of [connect, [...connect, "--once"]]) {
        const { code, stderr, stdout } = yield* tcpfxRun(args)
        expect([code, stdout, stderr]).toEqual([
          1,
          "half a reply",
          "tcpfx: the server ended TLS without close_notify; its data may be incomplete\n",
        ])
      }
    }),
  )

  it.scopedLive("read the certificate again on SIGHUP; a broken file changes nothing", () =>
    Effect.gen(function* () {
      const { at } = yield* material
      const { port, server } = yield* tcpfxServe([
        "--tls-cert",
        at("server.pem"),
        "--tls-key",
        at("server-key.pem"),
        "--mode",
        "echo",
      ])
      const next = yield* Effect.promise(() => makeIdentity({ name: "next" }))
      writeFileSync(at("server.pem"), "half")
      yield* server.kill("SIGHUP")
      yield* server.waitFor(
        "stderr",
        /server\.pem: the certificate cannot be used: it is not PEM.*; TLS stays as it was/,
      )
      const connect = (ca: string) =>
        tcpfxRun(["connect", `localhost:${port}`, "--tls", "--tls-ca", at(ca), "--send", "x", "--once"])
      expect((yield* connect("ca.pem")).code).toBe(0)
      save(at("server"), next)
      yield* server.kill("SIGHUP")
      yield* server.waitFor("stderr", /read the certificates again; new connections use them/)
      expect((yield* connect("ca.pem")).code).toBe(1)
      expect((yield* connect("server.pem")).code).toBe(0)
    }),
  )

  it.scopedLive("say what is wrong in one line, and exit with 2", () =>
    Effect.gen(function* () {
      const { at } = yield* material
      const cert = ["serve", "0", "--tls-cert", at("server.pem")]
      symlinkSync(at("elsewhere"), at("link"))
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["serve", "0", "--tls-cert", at("none")], /--tls-cert: .*none cannot be read: there is no such file/],
        [cert, /server\.pem has no key; give the file of the key with --tls-key/],
        [[...cert, "--tls-key", at("ca-key.pem")], /the key cannot be used: it does not belong to the certificate/],
        [[...cert, "--tls-key", at("server-key.pem"), "--tls-key", at("ca-key.pem")], /--tls-key is given 2 times/],
        [["serve", "0", "--tls-client-ca", at("ca.pem")], /--tls-client-ca needs TLS; give --tls or --tls-cert too/],
        [["serve", "0", "--tls", "--tls-min", "1.4"], /"1\.4" is not a version of TLS/],
        [["serve", "0", "--tls", "--tls-min", "1.3", "--tls-max", "1.2"], /TLSv1\.3, is above the highest, TLSv1\.2/],
        [["serve", "0", "--tls", "--tls-ciphers", "HIHG"], /--tls-ciphers: .*OpenSSL has no cipher HIHG/],
        [["serve", "0", "--tls-keep", "/proc/kept"], /--tls-keep: \/proc\/kept cannot be used/],
        [["serve", "0", "--tls", "--tls-keylog", at("link")], /--tls-keylog: .*link is not used: it is a link/],
        [["connect", "127.0.0.1:9", "--insecure"], /--insecure needs TLS; give --tls too/],
        [["connect", "127.0.0.1:9", "--tls", "--insecure", "--ssl-verify"], /exclude each other/],
        [
          ["connect", "127.0.0.1:9", "--tls", "--tls-ca", at("server-key.pem")],
          /server-key\.pem: the CA certificate cannot be used: it contains no certificate, but a private key/,
        ],
      ]
      for (const [args, problem] of cases) {
        const { code, stderr, stdout } = yield* tcpfxRun(args)
        expect([args, code, stdout, stderr]).toEqual([args, 2, "", expect.stringMatching(problem)])
        expect(stderr.trimEnd().split("\n").length).toBe(1)
      }
      expect([existsSync("/proc/kept"), existsSync(at("elsewhere"))]).toEqual([false, false])
    }),
  )
})
