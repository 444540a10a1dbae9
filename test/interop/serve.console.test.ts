import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { addressKinds, dialWith, haveAll, nc, ncat, python, serveAt, socat, tcpOpen } from "../support/peers.ts"
import type { Process } from "../support/tcpfxProcess.ts"

const peers = [ncat, nc, socat, python]

/** Sends numbered lines until the output matches: the server notices a vanished peer only by sending to it. */
const sendUntilSaid = (server: Process, pattern: RegExp) => {
  const said = server.waitFor("stderr", pattern)
  const send = (count: number): Effect.Effect<unknown, Effect.Effect.Error<typeof said>> =>
    Effect.zipRight(
      server.write(`line ${count}\n`),
      Effect.raceFirst(
        Effect.as(said, true),
        Effect.as(server.waitFor("stdout", new RegExp(`> line ${count}\\\\n$`, "m")), false),
      ),
    ).pipe(Effect.flatMap((over) => (over ? Effect.void : send(count + 1))))
  return send(1)
}

for (const peer of peers) {
  describe.skipIf(!haveAll(peer))(`${peer.program} and the console of tcpfx serve`, () => {
    for (const { name, available, open } of addressKinds) {
      it.scopedLive.skipIf(!available())(
        `talk both ways over ${name}, and both leave after the FIN of ${peer.program}`,
        () =>
          Effect.gen(function* () {
            const { server, endpoint } = yield* serveAt(open)
            const client = yield* dialWith(peer, endpoint)
            const from =
              endpoint._tag === "Unix" ? "unix:" : endpoint.host === "::1" ? "\\[::1\\]:\\d+" : "127.0.0.1:\\d+"
            yield* server.waitFor("stderr", new RegExp(`^\\S+ #1 connected from ${from}`, "m"))
            yield* client.write(`hello from ${peer.program}\n`)
            yield* server.waitFor("stdout", new RegExp(`^\\S+ #1 < hello from ${peer.program}\\\\n$`, "m"))
            yield* server.write("hello back\n")
            yield* server.waitFor("stdout", /^\S+ #1 > hello back\\n$/m)
            yield* client.waitFor("stdout", /^hello back$/m)
            yield* client.write("last words")
            yield* client.endInput
            expect(yield* client.ended).toEqual({ code: 0, signal: null })
            expect(client.text("stdout")).toBe("hello back\n")
            const bytes = `hello from ${peer.program}\nlast words`.length
            yield* server.waitFor(
              "stderr",
              new RegExp(`^\\S+ #1 closed: by the peer; ${bytes} B in, 11 B out, after`, "m"),
            )
            yield* server.waitFor("stdout", /^\S+ #1 < last words$/m)
          }),
      )
    }

    it.scopedLive(`report the end of a killed ${peer.program} with its byte counts, and serve the next client`, () =>
      Effect.gen(function* () {
        const { server, endpoint } = yield* serveAt(tcpOpen)
        const killed = yield* dialWith(peer, endpoint)
        yield* killed.write("killed soon\n")
        yield* server.waitFor("stdout", /#1 < killed soon\\n$/m)
        yield* killed.kill("SIGKILL")
        yield* server.waitFor("stderr", /^\S+ #1 closed: by the peer; 12 B in, 0 B out, after .*; 127\.0\.0\.1:\d+$/m)
        const next = yield* dialWith(peer, endpoint)
        yield* next.write("still served\n")
        yield* server.waitFor("stdout", /#2 < still served\\n$/m)
      }),
    )

    it.scopedLive(`detect a killed ${peer.program} by sending, with --half-closed keep`, () =>
      Effect.gen(function* () {
        const { server, endpoint } = yield* serveAt(tcpOpen, "--half-closed", "keep")
        const killed = yield* dialWith(peer, endpoint)
        yield* server.waitFor("stderr", /#1 connected/)
        yield* killed.kill("SIGKILL")
        yield* server.waitFor("stderr", /^\S+ #1 sent FIN \(half-closed\)$/m)
        yield* sendUntilSaid(server, /^\S+ #1 closed: by the peer; 0 B in, \d+ B out/m)
      }),
    )

    it.scopedLive(`let ${peer.program} exit with 0 when the server gets SIGTERM`, () =>
      Effect.gen(function* () {
        const { server, endpoint } = yield* serveAt(tcpOpen)
        const client = yield* dialWith(peer, endpoint)
        yield* client.write("here\n")
        yield* server.waitFor("stdout", /#1 < here\\n$/m)
        yield* server.kill("SIGTERM")
        yield* server.waitFor("stderr", /^\S+ draining 1 connection/m)
        // Some clients exit at the server's FIN, others keep their own side open.
        yield* client.endInput
        expect(yield* client.ended).toEqual({ code: 0, signal: null })
        expect(yield* server.ended).toEqual({ code: 143, signal: null })
        expect(server.text("stderr")).toMatch(/^\S+ #1 closed: drained; 5 B in, 0 B out, after/m)
      }),
    )
  })
}
