import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { startTlsProtocols } from "../../src/domain/index.ts"
import { makeIdentity } from "../support/certificates.ts"
import { haveAll, type Peer, socat, tcpFree } from "../support/peers.ts"
import { plainParts, relayTo, startTlsServer } from "../support/startTlsPeers.ts"
import { start, tcpfxRun } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const openssl: Peer = { program: "openssl", known: /s_client|Standard commands|help/, dial: () => [] }
const aiosmtpd: Peer = { program: "aiosmtpd", known: /--tlscert/, dial: () => [] }
// vsftpd has no help, and prints nothing.
const vsftpd: Peer = { program: "vsftpd", known: /^$/, dial: () => [] }

const freePort = Effect.map(tcpFree, (endpoint) => (endpoint._tag === "Tcp" ? endpoint.port : 0))

const material = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const at = (name: string) => join(folder, name)
  const identity = yield* Effect.promise(() => makeIdentity())
  writeFileSync(at("cert.pem"), identity.cert)
  writeFileSync(at("key.pem"), Redacted.value(identity.key))
  return at
})

/** `openssl s_server`, which sends each line back in reverse. */
const reverser = (at: (name: string) => string) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const files = ["-cert", at("cert.pem"), "-key", at("key.pem")]
    const server = yield* start("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, ...files, "-rev"])
    yield* server.waitFor("stdout", /ACCEPT/)
    return port
  })

describe.skipIf(!haveAll(openssl))("STARTTLS", () => {
  it.scopedLive.each(startTlsProtocols)(
    "of %s reaches s_server, through a plain part that s_client accepts too",
    (protocol) =>
      Effect.gen(function* () {
        const at = yield* material
        const port = yield* reverser(at)
        const stub = yield* startTlsServer(plainParts[protocol], relayTo(port))
        const target = ["connect", `localhost:${stub.port}`, "--starttls", protocol, "--tls-ca", at("cert.pem")]
        const { code, stderr, stdout } = yield* tcpfxRun([...target, "--send", "hello\n", "--once"])
        expect([code, stdout, stderr]).toEqual([0, "olleh\n", ""])
        const client = yield* start("openssl", [
          ...["s_client", "-connect", `127.0.0.1:${stub.port}`, "-starttls", protocol, "-quiet", "-no_ign_eof"],
          ...["-CAfile", at("cert.pem"), "-servername", "localhost", "-verify_return_error"],
        ])
        yield* client.write("hello\n")
        yield* client.waitFor("stdout", /olleh\n$/)
      }),
  )

  it.scopedLive("names the answer that does not come, inside the time-out of connecting", () =>
    Effect.gen(function* () {
      const { port } = yield* startTlsServer([{ says: "220 ready\r\n" }, { hears: /never/ }], () => {})
      const { code, stderr } = yield* tcpfxRun(["connect", `127.0.0.1:${port}`, "--starttls", "smtp", "-w", "0.5s"])
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/its answer to EHLO did not come within 0\.4 s \(SMTP\)\n$/),
      ])
    }),
  )

  it.scopedLive.skipIf(!haveAll(aiosmtpd))("reaches aiosmtpd, whose greeting is no output", () =>
    Effect.gen(function* () {
      const at = yield* material
      const port = yield* freePort
      const files = ["--tlscert", at("cert.pem"), "--tlskey", at("key.pem")]
      const server = yield* start("aiosmtpd", ["-n", "-d", "-l", `127.0.0.1:${port}`, ...files])
      yield* server.waitFor("stderr", /Server is listening/)
      const target = ["connect", `127.0.0.1:${port}`, "--tls-ca", at("cert.pem"), "-C"]
      const mail = yield* tcpfxRun([...target, "--starttls", "smtp", "--no-shutdown"], "EHLO me\nQUIT\n")
      expect(mail.stdout).toMatch(/^250-[^\r\n]*\r\n(250-.*\r\n)*250 HELP\r\n221 Bye\r\n$/)
      const wrong = yield* tcpfxRun([...target, "--starttls", "imap"])
      expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/what it sent is not IMAP: 220 .* SMTP/)])
      const atOnce = yield* tcpfxRun([...target, "--tls"])
      expect([atOnce.code, atOnce.stderr]).toEqual([
        1,
        expect.stringMatching(/what it sent is not TLS; .*\(without --tls, or --starttls PROTOCOL\)/),
      ])
    }),
  )

  it.scopedLive.skipIf(!haveAll(vsftpd, socat))("reaches vsftpd", () =>
    Effect.gen(function* () {
      const at = yield* material
      mkdirSync(at("empty"))
      writeFileSync(
        at("vsftpd.conf"),
        [
          ...["listen=NO", "anonymous_enable=YES", "ssl_enable=YES", "allow_anon_ssl=YES", "ssl_ciphers=HIGH"],
          ...[`rsa_cert_file=${at("cert.pem")}`, `rsa_private_key_file=${at("key.pem")}`],
          `secure_chroot_dir=${at("empty")}`,
        ].join("\n"),
      )
      const port = yield* freePort
      // vsftpd serves the socket that is its standard input.
      const server = yield* start("socat", [
        ...["-d", "-d", `TCP4-LISTEN:${port},bind=127.0.0.1,fork`, `EXEC:vsftpd ${at("vsftpd.conf")},nofork`],
      ])
      yield* server.waitFor("stderr", /listening on/)
      const target = ["connect", `127.0.0.1:${port}`, "--starttls", "ftp", "--tls-ca", at("cert.pem"), "-C"]
      const { stdout } = yield* tcpfxRun([...target, "--no-shutdown"], "QUIT\n")
      expect(stdout).toBe("221 Goodbye.\r\n")
    }),
  )
})
