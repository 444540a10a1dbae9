import { createPrivateKey } from "node:crypto"
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeIdentity } from "../../support/certificates.ts"
import { consoleIn, script } from "../../support/consoleTerminal.ts"
import { haveAll } from "../../support/peers.ts"
import { legacyFile } from "../../support/pkcs12Files.ts"
import { tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

/** A folder with `cert.pem`, its encrypted `key.pem`, and the file `pw` with the passphrase. */
const material = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const at = (name: string) => join(folder, name)
  const { cert, key } = yield* Effect.promise(() => makeIdentity())
  const locked = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "se cret" } as const
  writeFileSync(at("cert.pem"), cert)
  writeFileSync(at("key.pem"), createPrivateKey(Redacted.value(key)).export(locked))
  writeFileSync(at("pw"), "se cret\r\nnot this\n", { mode: 0o600 })
  return at
})

/** The paths of the open descriptors of a process. Empty on systems without /proc. */
const openPaths = (pid: number): ReadonlyArray<string> => {
  const folder = `/proc/${pid}/fd`
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))]
    } catch {
      // The process has closed the descriptor.
      return []
    }
  })
}

describe("the passphrase of a key", () => {
  it.scopedLive("comes from the first line of a file, also at a reload, when a new file has another passphrase", () =>
    Effect.gen(function* () {
      const at = yield* material
      const files = ["--tls-cert", at("cert.pem"), "--tls-key", at("key.pem"), "--tls-passphrase-file", at("pw")]
      const { port, server } = yield* tcpfxServe([...files, "--mode", "echo"])
      const ask = ["connect", `localhost:${port}`, "--tls", "--send", "x", "--once"]
      expect((yield* tcpfxRun([...ask, "--tls-ca", at("cert.pem")])).stdout).toBe("x")
      writeFileSync(at("pw"), "wrong\n")
      yield* server.kill("SIGHUP")
      yield* server.waitFor("stderr", /key\.pem: the key cannot be used: its passphrase is wrong; TLS stays as it was/)
      writeFileSync(at("cert.pem"), legacyFile)
      writeFileSync(at("pw"), "secret\n")
      yield* server.kill("SIGHUP")
      yield* server.waitFor("stderr", /--tls-key: .*cert\.pem is PKCS #12 and has its key; leave out --tls-key/)
      expect((yield* tcpfxRun([...ask, "--insecure"])).stdout).toBe("x")
    }),
  )

  it.scopedLive("is refused in one line when it is wrong or missing, or when others may read its file", () =>
    Effect.gen(function* () {
      const at = yield* material
      writeFileSync(at("open"), "se cret\n", { mode: 0o644 })
      writeFileSync(at("wrong"), "secret\n", { mode: 0o600 })
      writeFileSync(at("empty"), "\nse cret\n", { mode: 0o600 })
      writeFileSync(at("bundle"), legacyFile)
      const pem = ["--tls-cert", at("cert.pem"), "--tls-key", at("key.pem")]
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [pem, /key\.pem: .* it is encrypted, and its passphrase is missing; give it with --tls-passphrase-file PATH/],
        [
          ["--tls-cert", at("bundle")],
          /bundle: the PKCS #12 file cannot be used: it is encrypted, .* is missing; give/,
        ],
        [[...pem, "--tls-passphrase-file", at("wrong")], /key\.pem: the key cannot be used: its passphrase is wrong/],
        [[...pem, "--tls-passphrase-file", at("open")], /open is not used: other users may read .*chmod 600/],
        [[...pem, "--tls-passphrase-file", at("empty")], /the first line of .*empty is empty/],
        [[...pem, "--tls-passphrase-file", at("none")], /none cannot be read: there is no such file/],
        [[...pem, "--tls-passphrase-file", "fd:1"], /fd:1: descriptors 0 to 2 are the standard streams/],
        [
          [...pem, "--tls-passphrase-file", "fd:99"],
          /descriptor 99 is not open for reading; open it in the shell: 99<FILE/,
        ],
      ]
      const ends = yield* Effect.forEach(cases, ([args]) => tcpfxRun(["connect", "127.0.0.1:9", "--tls", ...args]))
      ends.forEach(({ code, stderr }, index) => {
        expect([code, stderr]).toEqual([2, expect.stringMatching(cases[index]?.[1] ?? /^$/)])
        expect(stderr.trimEnd().split("\n")).toHaveLength(1)
      })
    }),
  )

  it.scopedLive.skipIf(!haveAll(script))("is asked for in a terminal without echo, and never at a reload", () =>
    Effect.gen(function* () {
      const at = yield* material
      const files = ["--tls-cert", at("cert.pem"), "--tls-key", at("key.pem")]
      const terminal = yield* consoleIn(["serve", "127.0.0.1:0", "--plain", ...files])
      yield* terminal.until(/passphrase of \S+key\.pem: /)
      yield* terminal.type("se crex\x7ft\r")
      yield* terminal.until(/listening on 127\.0\.0\.1:\d+/)
      expect(terminal.lines().join("\n")).not.toMatch(/se cre/)
      expect(openPaths(terminal.pid)).not.toContain("/dev/tty")
      process.kill(terminal.pid, "SIGHUP")
      yield* terminal.until(/read the certificates again/)
    }),
  )

  it.scopedLive.skipIf(!haveAll(script))(
    "that is not given ends the command at Ctrl-C with 130, with the echo back",
    () =>
      Effect.gen(function* () {
        const at = yield* material
        const files = ["--tls-cert", at("cert.pem"), "--tls-key", at("key.pem")]
        const terminal = yield* consoleIn(["connect", "127.0.0.1:9", "--tls", ...files], {
          after: "echo ended $code; stty -a | grep -o ' -*echo '",
        })
        yield* terminal.until(/passphrase of \S+key\.pem: /)
        yield* terminal.type("abc\x03")
        yield* terminal.until(/ended 130/)
        yield* terminal.until(/^ echo/m)
      }),
  )
})
