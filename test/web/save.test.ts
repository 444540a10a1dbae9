import { connect } from "node:net"
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { savePath } from "../../src/web/api/access.ts"
import { makePageWorld } from "./support/pageWorld.ts"
import { request, withToken } from "./support/request.ts"

const mebibyte = 1024 ** 2
const piece = new Uint8Array(mebibyte)

it.scopedLive("a download pauses while its reader stalls, and ends when the reader disconnects", () =>
  Effect.gen(function* () {
    let made = 0
    const ended = yield* Deferred.make<void>()
    const saved = Stream.repeatEffect(
      Effect.sync(() => {
        made += 1
        return piece
      }),
    ).pipe(Stream.take(4096), Stream.ensuring(Deferred.succeed(ended, undefined)))
    const { server, workspace } = yield* makePageWorld({ saved })
    yield* workspace.open("server")
    const path = withToken(server, `${savePath}?tab=1&format=raw`)
    const reader = yield* Effect.acquireRelease(
      Effect.sync(() => connect(server.port, "127.0.0.1")),
      (socket) => Effect.sync(() => socket.destroy()),
    )
    reader.on("error", () => {})
    reader.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n\r\n`)
    // The reader reads the first bytes, then nothing.
    yield* Effect.async<void>((resume) => {
      reader.once("readable", () => resume(Effect.void))
    })
    // The server answers twenty requests of others without making another piece, so the download is paused.
    for (let before = -1, calm = 0; calm < 20; before = made) {
      expect((yield* request(server, withToken(server, "/"))).status).toBe(200)
      calm = made === before ? calm + 1 : 0
    }
    // The buffers of the kernel contain some mebibytes.
    expect(made).toBeLessThan(64)
    reader.destroy()
    yield* Deferred.await(ended)
    expect(made).toBeLessThan(64)
  }),
)
