import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { start } from "../../support/tcpfxProcess.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))

/** Starts an echo server in the background of a shell, and checks that SIGHUP does not end it. */
const survives = (shell: string, line: string) =>
  Effect.gen(function* () {
    const script = `${line} & echo "pid $!"; wait "$!"; echo "code $?"`
    const command = [process.execPath, bin, "serve", "127.0.0.1:0", "--mode", "echo"]
    const server = yield* start(shell, ["-c", script, shell, ...command])
    const [, pid] = yield* server.waitFor("stdout", /pid (\d+)/)
    const kill = (signal: NodeJS.Signals) => Effect.sync(() => void process.kill(Number(pid), signal))
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(() => process.kill(Number(pid), "SIGKILL"))))
    const [, port] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
    yield* kill("SIGHUP")
    const client = yield* dialRaw(tcpEndpoint("127.0.0.1", Number(port)), { within: "50 seconds" })
    // The second answer comes from a later turn of the event loop than the signal.
    for (const text of ["one", "two"]) {
      yield* client.send(text)
      expect(Buffer.from(yield* client.take(3)).toString()).toBe(text)
    }
    expect(server.text("stderr")).not.toMatch(/stopped listening/)
    yield* kill("SIGTERM")
    yield* server.waitFor("stdout", /code 143/)
  })

describe("SIGHUP that was ignored at the start", () => {
  it.scopedLive("does not end a server under nohup whose output is a pipe", () => survives("bash", 'nohup "$@"'))

  it.scopedLive.skipIf(process.platform !== "linux")("does not end a server of a script that ignores SIGHUP", () =>
    survives("sh", `trap "" HUP; "$@"`),
  )
})
