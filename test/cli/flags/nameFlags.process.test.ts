import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { makeIdentity } from "../../support/certificates.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-names-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** The names of the clients, from the control socket. */
const namesAt = (control: string) =>
  Effect.map(tcpfxRun(["connect", `unix:${control}`, "--once"], "state\n"), ({ stdout }) =>
    JSON.parse(stdout).connections.map(({ name }: { readonly name?: string }) => name),
  )

describe("tcpfx serve --name-from", () => {
  it.scopedLive("firstline names clients by their first lines, and shows these lines too", () =>
    Effect.gen(function* () {
      const control = join(yield* folder, "control")
      const { port, server } = yield* tcpfxServe(["--name-from", "FIRSTLINE", "--frame", "line", "--control", control])
      const [one, two] = [
        yield* dialRaw(tcpEndpoint("127.0.0.1", port)),
        yield* dialRaw(tcpEndpoint("127.0.0.1", port)),
      ]
      yield* one.send("pump\nrest\n")
      yield* two.send("pump\n")
      yield* server.waitFor("stdout", /#1 pump(?:-2)? < pump\n/)
      yield* server.waitFor("stdout", /#2 pump(?:-2)? < pump\n/)
      expect(yield* namesAt(control)).toEqual(expect.arrayContaining(["pump", "pump-2"]))
    }),
  )

  it.scopedLive("tls names clients by their certificates", () =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const ca = yield* Effect.promise(() => makeIdentity({ name: "plant" }))
      const press = yield* Effect.promise(() => makeIdentity({ name: "press 7", by: ca }))
      writeFileSync(join(cwd, "ca.pem"), ca.cert)
      writeFileSync(join(cwd, "press.pem"), `${press.cert}\n${Redacted.value(press.key)}`, { mode: 0o600 })
      const secure = ["--tls", "--tls-client-ca", "ca.pem", "--name-from", "tls", "--control", "control"]
      const { port, server } = yield* tcpfxServe(secure, { cwd })
      const own = ["--tls", "--insecure", "--tls-cert", "press.pem", "--tls-key", "press.pem"]
      yield* tcpfx(["connect", `${port}`, ...own], { cwd })
      yield* server.waitFor("stderr", /#1 [^\n]*connected/)
      expect(yield* namesAt(join(cwd, "control"))).toEqual(["press 7"])
    }),
  )

  it.scopedLive("is refused where it could name nobody", () =>
    expectServeRefuses([
      [["--name-from", "tls"], /--name-from tls needs the certificates of the clients; give --tls-client-ca too/],
      [["--name-from", "peer", "--mode", "chat"], /--name-from has no effect with --mode chat/],
      [["--name-from", "dns"], /--name-from: "dns" is not one of firstline, tls, peer/],
    ]),
  )
})
