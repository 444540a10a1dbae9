import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfxServe } from "../../support/tcpfxProcess.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "tcpfx-logs-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true })),
)

const read = (path: string) => fs.readFileSync(path, "utf8")

const eventsIn = (path: string): ReadonlyArray<{ readonly _tag: string; readonly text?: string }> =>
  read(path)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

/** Sends a text and FIN, and waits for the end of the connection. */
const send = (port: number, text: string) =>
  Effect.gen(function* () {
    const peer = yield* dialRaw(local(port))
    yield* peer.write(text)
    yield* peer.end
    yield* peer.takeRest
  }).pipe(Effect.scoped)

describe("the files of tcpfx serve", () => {
  it.scopedLive("have the received bytes, a hex dump and the events, complete after SIGTERM", () =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const { server, port } = yield* tcpfxServe(["-o", "raw", "-x", "dump", "--log", "log", "--reply", "yes"], { cwd })
      yield* send(port, "hello\n\0")
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      expect(read(join(cwd, "raw"))).toBe("hello\n\0")
      expect(read(join(cwd, "dump")).replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} /gm, "")).toBe(
        [
          "#1 < 7 bytes",
          "00000000  68 65 6C 6C 6F 0A 00                              |hello..|",
          "#1 > 3 bytes",
          "00000000  79 65 73                                          |yes|",
          "",
        ].join("\n"),
      )
      const events = eventsIn(join(cwd, "log"))
      expect(events.map(({ _tag }) => _tag)).toEqual([
        ...["Listening", "ConnectionOpened", "FrameReceived", "FrameSent", "ConnectionHalfClosed", "ConnectionClosed"],
        ...["ListenStopped", "DrainStarted", "DrainFinished"],
      ])
      expect(fs.statSync(join(cwd, "raw")).mode & 0o777).toBe(0o600)
    }),
  )
})
