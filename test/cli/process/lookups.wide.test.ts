import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { resolveByChild } from "../../../src/cli/process/lookups.ts"
import { NodeTransport } from "../../../src/transport/index.ts"
import { start } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))

// A resolver that never answers, in a separate network and mount namespace.
const silentResolver = `
  ip link set lo up && ip route add 192.0.2.0/24 dev lo &&
  mount --bind "$1" /etc/resolv.conf && shift && exec "$@"`
const inSilence = (folder: string, args: ReadonlyArray<string>) => {
  const resolver = join(folder, "resolv.conf")
  writeFileSync(resolver, "nameserver 192.0.2.1\noptions timeout:20 attempts:2\n")
  return ["-rnm", "sh", "-c", silentResolver, "sh", resolver, ...args]
}
const canBeSilent = spawnSync("unshare", inSilence("/tmp", ["true"])).status === 0
if (!canBeSilent) process.stdout.write("tests skipped: a network namespace with a separate resolver cannot be made\n")

describe.skipIf(!canBeSilent)("a look-up while the resolver is silent", () => {
  const silent = (folder: string, args: ReadonlyArray<string>) =>
    start("unshare", inSilence(folder, [process.execPath, bin, ...args]))

  it.scopedLive("takes no longer than --connect-timeout, and the process leaves with 1", () =>
    Effect.gen(function* () {
      const client = yield* silent(yield* temporaryFolder, [
        "connect",
        "silent.example:9",
        "-w",
        "300ms",
        "--send",
        "x",
      ])
      expect((yield* client.ended).code).toBe(1)
      expect(client.text("stderr")).toContain("cannot connect to silent.example:9: no answer in time")
    }),
  )

  it.scopedLive("does not block the first signal", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const client = yield* silent(folder, ["connect", "silent.example:9", "--output", "json"])
      yield* client.waitFor("stdout", /LookingUp/)
      yield* client.kill("SIGINT")
      const { code, signal } = yield* client.ended
      expect(code ?? signal).toBe(code === null ? "SIGINT" : 130)
    }),
  )
})

describe("a look-up in a child process", () => {
  it.effect.each(["localhost", "127.0.0.1", "::1", "fe80::1%lo", "127.1"])(
    "of %s gives what the system gives",
    (host) =>
      Effect.gen(function* () {
        expect(yield* resolveByChild(host)).toEqual(yield* NodeTransport.resolve(host))
      }),
  )

  it.effect("fails with the code of the system", () =>
    Effect.gen(function* () {
      const host = `${"a".repeat(70)}.invalid`
      expect(yield* Effect.flip(resolveByChild(host))).toEqual(yield* Effect.flip(NodeTransport.resolve(host)))
    }),
  )
})
