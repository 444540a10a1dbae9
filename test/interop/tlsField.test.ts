import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { haveAll, ncat, type Peer, socat, tcpFree } from "../support/peers.ts"
import { start, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const openssl: Peer = { program: "openssl", known: /s_client|Standard commands|help/, dial: () => [] }

const freePort = Effect.map(tcpFree, (endpoint) => (endpoint._tag === "Tcp" ? endpoint.port : 0))

/** Runs openssl in a folder. */
const run = (folder: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" })
  expect([args, status, stderr]).toEqual([args, 0, stderr])
}

/** A self-signed RSA certificate of this many bits, and its key. */
const selfSigned = (folder: string, name: string, bits: number) => {
  const files = ["-keyout", `${name}-key.pem`, "-out", `${name}.pem`, "-subj", `/CN=${name}`, "-days", "2"]
  run(folder, "req", "-x509", "-newkey", `rsa:${bits}`, "-nodes", ...files, "-addext", "subjectAltName=DNS:localhost")
}

/** `openssl s_server` at a port of this machine, which sends each line back in reverse. */
const reverser = (folder: string, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const server = yield* start("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, ...args, "-rev"], {
      cwd: folder,
    })
    yield* server.waitFor("stdout", /ACCEPT/)
    return port
  })

const ask = (port: number, cwd: string, ...args: ReadonlyArray<string>) =>
  tcpfxRun(["connect", `localhost:${port}`, "--tls", "--send", "hello\n", "--once", ...args], "", { cwd })

const legacyWarning = /^tcpfx: WARNING: --tls-legacy allows TLS 1\.0, weak ciphers, small keys/

describe.skipIf(!haveAll(openssl))("an old device", () => {
  it.scopedLive("with TLS 1.0 is reached with --tls-min 1.0 or --tls-legacy, and the refusal names these", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      selfSigned(folder, "device", 2048)
      const files = ["-cert", "device.pem", "-key", "device-key.pem"]
      const port = yield* reverser(folder, ...files, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
      const refused = yield* ask(port, folder, "--tls-ca", "device.pem")
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/it speaks no version of TLS .* \(--tls-min, --tls-max, --tls-legacy\)/),
      ])
      const low = yield* ask(port, folder, "--tls-ca", "device.pem", "--tls-min", "1.0", "--output", "json")
      expect([low.code, low.stdout]).toEqual([0, expect.stringContaining('"protocol":"TLSv1"')])
      expect(low.stderr).toMatch(/^tcpfx: WARNING: TLS 1\.0 and 1\.1 need OpenSSL's security level 0/)
      const legacy = yield* ask(port, folder, "--tls-ca", "device.pem", "--tls-legacy")
      expect([legacy.code, legacy.stdout, legacy.stderr]).toEqual([0, "olleh\n", expect.stringMatching(legacyWarning)])
      const unknown = yield* ask(port, folder, "--tls-legacy")
      expect([unknown.code, unknown.stderr]).toEqual([
        1,
        expect.stringMatching(/self-signed and not trusted \(CN=device\)/),
      ])
    }),
  )

  it.scopedLive.each([
    ["an RSA key of 1024 bits", 1024, ["-cipher", "ALL:@SECLEVEL=0", "-tls1_2"]],
    ["a Diffie-Hellman key of 1024 bits", 2048, ["-cipher", "DHE:@SECLEVEL=0", "-tls1_2", "-dhparam", "dh.pem"]],
  ] as const)("with %s is reached with --tls-legacy", ([, bits, args]) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      selfSigned(folder, "device", bits)
      // The group of RFC 5114, section 2.1, because a new one takes seconds.
      run(folder, "genpkey", "-genparam", "-algorithm", "DHX", "-pkeyopt", "dh_rfc5114:1", "-out", "dh.pem")
      const port = yield* reverser(folder, "-cert", "device.pem", "-key", "device-key.pem", ...args)
      const { code, stderr, stdout } = yield* ask(port, folder, "--tls-ca", "device.pem", "--tls-legacy")
      expect([code, stdout, stderr]).toEqual([0, "olleh\n", expect.stringMatching(legacyWarning)])
    }),
  )

  it.scopedLive("as a client of serve is accepted with --tls-legacy, also with DHE and a small key", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      selfSigned(folder, "small", 1024)
      const files = ["--tls-cert", "small.pem", "--tls-key", "small-key.pem"]
      const old = ["-tls1", "-cipher", "DHE:@SECLEVEL=0", "-CAfile", "small.pem", "-verify_return_error"]
      const dial = (port: number) =>
        start("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", ...old], { cwd: folder })
      const { port, server } = yield* tcpfxServe(["--mode", "echo", ...files, "--tls-legacy"], { cwd: folder })
      const client = yield* dial(port)
      yield* server.waitFor("stderr", /WARNING: --tls-legacy/)
      yield* server.waitFor("stderr", /#1 connected .*\(TLSv1, TLS_DHE_RSA_WITH_AES_256_CBC_SHA\)/)
      yield* client.write("well\n")
      yield* client.waitFor("stdout", /well/)
    }),
  )

  it.scopedLive("and ciphers: both sides speak only those of the list", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      selfSigned(folder, "one", 2048)
      const port = yield* reverser(folder, "-cert", "one.pem", "-key", "one-key.pem")
      const suite = "TLS_CHACHA20_POLY1305_SHA256"
      const json = ["--tls-ca", "one.pem", "--output", "json"]
      const only13 = yield* ask(port, folder, ...json, "--tls-ciphers", suite)
      expect(only13.stdout).toContain(`"cipher":"${suite}"`)
      const only12 = yield* ask(port, folder, ...json, "--ssl-ciphers", "AES128-SHA256:!RC4")
      expect(only12.stdout).toContain('"cipher":"TLS_RSA_WITH_AES_128_CBC_SHA256"')
      const files = ["--tls-cert", "one.pem", "--tls-key", "one-key.pem"]
      const ours = yield* tcpfxServe([...files, "--tls-ciphers", "ECDHE+AESGCM", "--tls-max", "1.2"], { cwd: folder })
      const client = yield* start("openssl", [
        ...["s_client", "-connect", `127.0.0.1:${ours.port}`, "-quiet", "-tls1_2", "-cipher", "AES128-SHA256"],
      ])
      yield* client.waitFor("stderr", /alert handshake failure/)
      yield* ours.server.waitFor(
        "stderr",
        /refused: TLS: the two sides have no cipher in common \(--tls-ciphers LIST, --tls-legacy\)/,
      )
    }),
  )
})

/** A CA, certificates of it for a server and a client, and their keys in every form that openssl writes. */
const bundle = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  run(
    folder,
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "ca-key.pem",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=CA",
  )
  for (const name of ["server", "client"]) {
    const made = ["-keyout", `${name}-key.pem`, "-out", `${name}.csr`, "-subj", `/CN=${name}`]
    run(folder, "req", "-newkey", "rsa:2048", "-nodes", ...made)
    writeFileSync(join(folder, "ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    const signer = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", "ext"]
    run(folder, "x509", "-req", "-in", `${name}.csr`, ...signer, "-out", `${name}.pem`, "-days", "2")
  }
  writeFileSync(join(folder, "pw"), "se cret\nnot this\n", { mode: 0o600 })
  return folder
})

const passphrase = "pass:se cret"

/** s_client gets back what it sends from a server, whose certificate it checks. */
const expectEcho = (port: number, folder: string) =>
  Effect.gen(function* () {
    const check = ["-CAfile", "ca.pem", "-verify_return_error", "-verify_hostname", "localhost"]
    const client = yield* start("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", ...check], {
      cwd: folder,
    })
    yield* client.write("well\n")
    yield* client.waitFor("stdout", /well/)
  })

describe.skipIf(!haveAll(openssl))("keys and certificates of openssl", () => {
  it.scopedLive("with a passphrase are opened with --tls-passphrase-file", () =>
    Effect.gen(function* () {
      const folder = yield* bundle
      run(folder, "pkcs8", "-topk8", "-in", "server-key.pem", "-out", "pkcs8.pem", "-passout", passphrase)
      run(folder, "rsa", "-aes128", "-traditional", "-in", "server-key.pem", "-out", "old.pem", "-passout", passphrase)
      const files = ["--tls-cert", "server.pem", "--tls-passphrase-file", "pw", "--mode", "echo"]
      for (const key of ["pkcs8.pem", "old.pem"]) {
        const { port } = yield* tcpfxServe([...files, "--tls-key", key], { cwd: folder })
        yield* expectEcho(port, folder)
      }
    }),
  )

  it.scopedLive("in PKCS #12 serve, with every encryption of openssl", () =>
    Effect.gen(function* () {
      const folder = yield* bundle
      const forms: ReadonlyArray<ReadonlyArray<string>> = [
        [],
        ["-legacy"],
        ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha512"],
        ["-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-2DES"],
        ["-keypbe", "AES-128-CBC", "-certpbe", "NONE", "-nomac"],
      ]
      for (const form of forms) {
        const parts = ["-in", "server.pem", "-inkey", "server-key.pem", "-certfile", "ca.pem"]
        run(folder, "pkcs12", "-export", ...parts, "-out", "server.bundle", "-passout", passphrase, ...form)
        const files = ["--tls-cert", "server.bundle", "--tls-passphrase-file", "pw", "--mode", "echo"]
        const { port } = yield* tcpfxServe(files, { cwd: folder })
        yield* expectEcho(port, folder)
      }
    }),
  )

  it.scopedLive("of a system are trusted with --tls-ca system", () =>
    Effect.gen(function* () {
      const folder = yield* bundle
      const port = yield* reverser(folder, "-cert", "server.pem", "-key", "server-key.pem")
      const talk = ["connect", `localhost:${port}`, "--tls", "--tls-ca", "system", "--send", "hello\n", "--once"]
      const known = yield* tcpfxRun(talk, "", {
        cwd: folder,
        env: { SSL_CERT_FILE: "ca.pem", SSL_CERT_DIR: undefined },
      })
      expect([known.code, known.stdout]).toEqual([0, "olleh\n"])
      const missing = yield* tcpfxRun(talk, "", {
        cwd: folder,
        env: { SSL_CERT_FILE: "nothing", SSL_CERT_DIR: undefined },
      })
      expect([missing.code, missing.stderr]).toEqual([
        2,
        expect.stringMatching(/no certificate in PEM can be read from SSL_CERT_FILE nothing/),
      ])
    }),
  )
})

describe.skipIf(!haveAll(openssl))(
  "certificates that a client of openssl does not have, or that are not trusted,",
  () => {
    it.scopedLive.each(["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"])(
      "are refused with an alert that it reads (%s)",
      (version) =>
        Effect.gen(function* () {
          const folder = yield* bundle
          selfSigned(folder, "other", 2048)
          const files = ["--tls-cert", "server.pem", "--tls-key", "server-key.pem", "--tls-client-ca", "ca.pem"]
          const { port, server } = yield* tcpfxServe([...files, "--tls-legacy"], { cwd: folder })
          const dial = (...args: ReadonlyArray<string>) =>
            start(
              "openssl",
              ["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", version, "-cipher", "ALL:@SECLEVEL=0", ...args],
              { cwd: folder },
            )
          const without = yield* dial()
          yield* without.waitFor("stderr", /alert (handshake failure|certificate required)/)
          yield* server.waitFor("stderr", /refused: TLS: it presented no certificate/)
          const unknown = yield* dial("-cert", "other.pem", "-key", "other-key.pem")
          yield* unknown.waitFor("stderr", /alert unknown ca/)
          yield* server.waitFor("stderr", /refused: TLS: its certificate is self-signed and not trusted/)
        }),
    )

    it.scopedLive("also when the CA that signed them is in the PKCS #12 file of the server", () =>
      Effect.gen(function* () {
        const folder = yield* bundle
        selfSigned(folder, "other", 2048)
        const parts = ["-in", "server.pem", "-inkey", "server-key.pem", "-certfile", "other.pem"]
        run(folder, "pkcs12", "-export", ...parts, "-out", "server.p12", "-passout", passphrase)
        const files = ["--tls-cert", "server.p12", "--tls-passphrase-file", "pw", "--tls-client-ca", "ca.pem"]
        const { port, server } = yield* tcpfxServe(files, { cwd: folder })
        const client = yield* start(
          "openssl",
          ["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", "-cert", "other.pem", "-key", "other-key.pem"],
          { cwd: folder },
        )
        yield* client.waitFor("stderr", /alert unknown ca/)
        yield* server.waitFor("stderr", /refused: TLS: its certificate is self-signed and not trusted/)
      }),
    )
  },
)

describe("TLS of other programs", () => {
  it.scopedLive.skipIf(!haveAll(openssl, socat))(
    "socat's OPENSSL-LISTEN accepts our certificate in PKCS #12, whose CA we trust, and its OPENSSL reaches our server",
    () =>
      Effect.gen(function* () {
        const folder = yield* bundle
        const parts = ["-in", "client.pem", "-inkey", "client-key.pem", "-certfile", "ca.pem"]
        run(folder, "pkcs12", "-export", ...parts, "-out", "client.p12", "-passout", passphrase)
        const free = yield* freePort
        const files = "cert=server.pem,key=server-key.pem,cafile=ca.pem,verify=1"
        const listener = yield* start(
          "socat",
          ["-d", "-d", `OPENSSL-LISTEN:${free},bind=127.0.0.1,${files}`, "EXEC:rev"],
          { cwd: folder },
        )
        yield* listener.waitFor("stderr", /listening on/)
        const identity = ["--tls-cert", "client.p12", "--tls-passphrase-file", "pw"]
        const { code, stdout } = yield* ask(free, folder, ...identity)
        expect([code, stdout]).toEqual([0, "olleh\n"])
        const { port } = yield* tcpfxServe(["--mode", "echo", ...identity, "--tls-client-ca", "ca.pem"], {
          cwd: folder,
        })
        const theirs = "cert=client.pem,key=client-key.pem,cafile=ca.pem,verify=1,commonname=localhost"
        const client = yield* start("socat", ["-", `OPENSSL:127.0.0.1:${port},${theirs}`], { cwd: folder })
        yield* client.write("well\n")
        yield* client.waitFor("stdout", /well/)
      }),
  )

  it.scopedLive.skipIf(!haveAll(ncat))(
    "ncat's own certificate is refused with the ways out, and accepted with --insecure",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const port = yield* freePort
        const listener = yield* start("ncat", ["-lkv", "--ssl", "127.0.0.1", `${port}`, "-e", "/bin/cat"])
        yield* listener.waitFor("stderr", /Listening on/)
        const refused = yield* ask(port, folder)
        expect([refused.code, refused.stderr]).toEqual([
          1,
          expect.stringMatching(/self-signed .*\(--tls-ca FILE, --tls-ca system, --insecure\)/),
        ])
        const { code, stdout } = yield* ask(port, folder, "--insecure", "--no-shutdown")
        expect([code, stdout]).toEqual([0, "hello\n"])
      }),
  )
})
