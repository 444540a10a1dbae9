import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)

const temporaryFile = (content: string) =>
  Effect.map(temporaryFolder, (folder) => {
    const path = join(folder, "rules")
    writeFileSync(path, content)
    return path
  })

describe("tcpfx serve --allow and --deny", () => {
  it.scopedLive("refuse a client with the rule, and accept an allowed client", () =>
    Effect.gen(function* () {
      const denying = yield* tcpfxServe(["--deny", "10.0.0.0/8", "--deny", "127.0.0.0/8,::1"])
      const refused = yield* dialRaw(local(denying.port))
      expect((yield* refused.takeRest).length).toBe(0)
      yield* denying.server.waitFor("stderr", /127\.0\.0\.1:\d+ refused: denied by 127\.0\.0\.0\/8/)
      const allowing = yield* tcpfxServe(["--deny", "127.0.0.0/8", "--allow", "127.0.0.1"])
      yield* dialRaw(local(allowing.port))
      yield* allowing.server.waitFor("stderr", /#1 connected/)
    }),
  )

  it.scopedLive("are read again from their files on SIGHUP; a mistake in a file changes nothing", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile("127.0.0.1 # us\n")
      const { server, port } = yield* tcpfxServe(["--allow-file", path])
      const early = yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#1 connected/)
      writeFileSync(path, "192.0.2.7\n")
      yield* server.kill("SIGHUP")
      yield* server.waitFor("stderr", /read the access rules again: 1 allowed, 0 denied/)
      yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /refused: its address is not in the allow list/)
      writeFileSync(path, "lab\n")
      yield* server.kill("SIGHUP")
      yield* server.waitFor("stderr", /rules: "lab" is not an address range: line 1: .* stay as they were/)
      yield* early.send("still here\n")
      yield* server.waitFor("stdout", /still here/)
      expect(server.text("stderr")).not.toMatch(/#1 closed/)
    }),
  )

  it.scopedLive("say what is wrong with a list or a file, and exit with 2", () =>
    Effect.gen(function* () {
      const empty = yield* temporaryFile("# nobody\n")
      const cases = [
        [["--allow", "lab.example"], /--allow: "lab.example" is not an address range: .* expected addresses or ranges/],
        [["--deny", "10.0.0.0/33"], /--deny: .*the prefix "33"/],
        [["--allow-file", "/nowhere/rules"], /--allow-file: \/nowhere\/rules cannot be read: there is no such file/],
        [["--allow-file", empty], /has no address, so no client could connect/],
      ] as const
      yield* expectServeRefuses(cases)
    }),
  )
})
