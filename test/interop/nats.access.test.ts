import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { nkeys } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeIdentity } from "../support/certificates.ts"
import { makeCredentials } from "../support/natsCredentials.ts"
import { natsServer, startNats } from "../support/natsServer.ts"
import { haveAll } from "../support/peers.ts"
import { tcpfx } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

type Environment = Readonly<Record<string, string>>

const broker = (args: ReadonlyArray<string>, env: Environment = {}) =>
  tcpfx(["serve", "127.0.0.1:0", "--broker", "--frame", "line", ...args], { env })

/** Starts a server, and waits until NATS has accepted it. */
const attaches = (args: ReadonlyArray<string>, env?: Environment) =>
  Effect.flatMap(broker(args, env), (process) => process.waitFor("stderr", /the hub is attached to NATS/))

/** The exit code and the messages of a server that cannot use its hub. */
const refusal = (args: ReadonlyArray<string>, env?: Environment) =>
  Effect.gen(function* () {
    const process = yield* broker(args, env)
    const { code } = yield* process.ended
    return `${code} ${process.text("stderr")}`
  })

const files = Effect.map(temporaryFolder, (folder) => ({
  folder,
  write: (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  },
}))

describe.runIf(haveAll(natsServer))("the access of tcpfx serve --hub to NATS", { timeout: 120_000 }, () => {
  it.scopedLive("takes a user and a password from the address, a variable or a file, and refuses a wrong one", () =>
    Effect.gen(function* () {
      const { port } = yield* startNats({ config: 'authorization { user: "u", password: "p w" }' })
      const address = (user: string) => `nats://${user}127.0.0.1:${port}`
      const right = address("u:p%20w@")
      yield* attaches(["--hub", right])
      yield* attaches([], { TCPFX_SERVE_HUB: right })
      const file = (yield* files).write("tcpfx.yaml", `serve:\n  hub: ${right}\n`)
      yield* attaches(["--config", file])
      const refused = `1 tcpfx: --hub: cannot connect to NATS at 127.0.0.1:${port}: NATS refuses the credentials (Authorization Violation) (--hub comes from TCPFX_SERVE_HUB)\n`
      for (const user of ["u:wrong@", "wrong:p%20w@", ""]) {
        expect(yield* refusal([], { TCPFX_SERVE_HUB: address(user) })).toBe(refused)
      }
    }),
  )

  it.scopedLive("takes a token from the address", () =>
    Effect.gen(function* () {
      const { port } = yield* startNats({ config: 'authorization { token: "secret" }' })
      yield* attaches([], { TCPFX_SERVE_HUB: `nats://secret@127.0.0.1:${port}` })
      expect(yield* refusal(["--hub", `nats://other@127.0.0.1:${port}`])).toMatch(/^1 tcpfx: .*refuses the credentials/)
    }),
  )

  it.scopedLive("takes the seed of an nkey from a file, and names a file that has none", () =>
    Effect.gen(function* () {
      const user = nkeys.createUser()
      const { write } = yield* files
      const seedOf = (pair: ReturnType<typeof nkeys.createUser>) => `${new TextDecoder().decode(pair.getSeed())}\n`
      const { url } = yield* startNats({ config: `authorization { users: [ { nkey: "${user.getPublicKey()}" } ] }` })
      const flags = (path: string) => ["--hub", url, "--hub-nkey", path]
      yield* attaches(flags(write("seed", seedOf(user))))
      const stranger = write("stranger", seedOf(nkeys.createUser()))
      expect(yield* refusal(flags(stranger))).toMatch(/^1 tcpfx: --hub: .*NATS refuses the credentials/)
      for (const [name, text] of [
        ["account", seedOf(nkeys.createAccount())],
        ["public", user.getPublicKey()],
        ["text", "hello\n"],
      ] as const) {
        const path = write(name, text)
        const problem = `${path} has no seed of a user: SU and 56 more letters and digits`
        expect(yield* refusal(flags(path))).toBe(`2 tcpfx: --hub-nkey: ${problem}\n`)
      }
      const empty = write("empty", "")
      expect(yield* refusal(flags(empty))).toBe(`2 tcpfx: --hub-nkey: ${empty} is empty\n`)
    }),
  )

  it.scopedLive("takes a credentials file of an operator, and names a file that is none", () =>
    Effect.gen(function* () {
      const { config, content } = makeCredentials()
      const { write } = yield* files
      const { url } = yield* startNats({ config })
      const flags = (path: string) => ["--hub", url, "--hub-creds", path]
      yield* attaches(flags(write("user.creds", content)))
      expect(yield* refusal(flags(write("other.creds", makeCredentials().content)))).toMatch(
        /^1 .*refuses the credentials/,
      )
      const half = write("half.creds", content.slice(0, content.indexOf("-----BEGIN USER")))
      expect(yield* refusal(flags(half))).toBe(
        `2 tcpfx: --hub-creds: ${half} is no credentials file: it has no USER NKEY SEED\n`,
      )
      expect(yield* refusal(flags("/none"))).toBe("2 tcpfx: --hub-creds: /none cannot be read: there is no such file\n")
    }),
  )

  it.scopedLive("speaks TLS with the CA and the certificate of files, and says which of them is wrong", () =>
    Effect.gen(function* () {
      const identity = (name: string, by?: Effect.Effect.Success<typeof made>) =>
        Effect.promise(() => makeIdentity({ name, ...(by === undefined ? {} : { by }) }))
      const made = Effect.promise(() => makeIdentity({ name: "ca" }))
      const ca = yield* made
      const [server, client] = [yield* identity("server", ca), yield* identity("client", ca)]
      const { write } = yield* files
      const pair = `cert_file: "${write("cert.pem", server.cert)}", key_file: "${write("key.pem", Redacted.value(server.key))}"`
      const caFile = write("ca.pem", ca.cert)
      const closed = yield* startNats({ config: `tls { ${pair}, ca_file: "${caFile}", verify: true }` })
      const open = yield* startNats({ config: `tls { ${pair} }` })
      const hub = ({ port }: typeof open) => ["--hub", `tls://127.0.0.1:${port}`]
      const both = write("both.pem", `${client.cert}\n${Redacted.value(client.key)}`)
      yield* attaches([...hub(open), "--hub-ca", caFile])
      yield* attaches([...hub(closed), "--hub-ca", caFile, "--hub-cert", both])
      expect(yield* refusal(hub(open))).toMatch(/^1 .* certificate; give its CA certificate with --hub-ca\n$/)
      const other = write("other.pem", (yield* identity("other")).cert)
      expect(yield* refusal([...hub(open), "--hub-ca", other])).toMatch(
        /^1 .* certificate; --hub-ca has no CA certificate of it\n$/,
      )
      expect(yield* refusal([...hub(closed), "--hub-ca", caFile])).toMatch(/^1 .*(--hub-cert|certificate)/)
      const text = write("text", "hello\n")
      expect(yield* refusal([...hub(open), "--hub-ca", text])).toMatch(/^2 tcpfx: --hub-ca: \S+text: .*not PEM.*\n$/)
      expect(yield* refusal([...hub(closed), "--hub-cert", text])).toMatch(/^2 tcpfx: --hub-cert: \S+text: .*\n$/)
      const keyless = write("keyless.pem", client.cert)
      expect(yield* refusal([...hub(closed), "--hub-cert", keyless])).toMatch(
        /^2 tcpfx: --hub-cert: \S+keyless\.pem: .*\n$/,
      )
      const plain = yield* startNats()
      expect(yield* refusal(hub(plain))).toMatch(/^1 .*does not support 'tls'\n$/)
    }),
  )
})
