import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfxServe } from "../../support/tcpfxProcess.ts"
import { firstDifference, pattern } from "../../support/wireProbe.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)

describe("tcpfx serve --output raw, as a process", () => {
  it.scopedLive("writes all bytes of a client, in order, to a late reader", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--output", "raw"])
      yield* Effect.sync(() => server.child.stdout.pause())
      const sent = pattern(6 * 1024 * 1024)
      const client = yield* dialRaw(local(port))
      yield* client.send(sent)
      yield* client.halfClose
      yield* Effect.sync(() => server.child.stdout.resume())
      const got = yield* server.waitForBytes("stdout", sent.length)
      expect(firstDifference(got, sent)).toBe("same")
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
    }),
  )

  it.scopedLive("reports how many bytes are lost when nothing reads them until the drain deadline", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--output", "raw", "--drain", "0"])
      yield* Effect.sync(() => server.child.stdout.pause())
      const client = yield* dialRaw(local(port))
      const sent = new Uint8Array(600_000)
      yield* client.send(sent)
      yield* client.halfClose
      yield* client.takeRest
      yield* server.kill("SIGTERM")
      expect((yield* server.exited).code).toBe(143)
      yield* Effect.sync(() => server.child.stdout.resume())
      yield* server.ended
      const lost = /^tcpfx: (\d+) bytes of standard output are lost/m.exec(server.text("stderr"))?.[1]
      expect(Number(lost) + server.bytes("stdout").length).toBe(sent.length)
    }),
  )

  it.scopedLive("keeps a client that has sent FIN with --half-closed keep", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--output", "raw", "--half-closed", "keep"])
      const client = yield* dialRaw(local(port))
      yield* client.send(new TextEncoder().encode("question"))
      yield* client.halfClose
      yield* server.waitForBytes("stdout", 8)
      yield* server.write("answer\n")
      yield* client.expect("answer\n")
    }),
  )
})
