import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Framing, tcpEndpoint } from "../../src/domain/index.ts"
import type { ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { residentBytes, untilStill } from "../support/kernel.ts"
import { startProgram } from "../support/programs.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { Chance } from "../support/stressSeeds.ts"
import { string, utf8 } from "../support/texts.ts"

const MiB = 1024 * 1024
const piece = 64 * 1024

/** Bytes without repetition. */
const volumeOf = (bytes: number): Uint8Array =>
  new Uint8Array(Uint32Array.from({ length: bytes / 4 }, (_, n) => Math.imul(n, 0x9e3779b1)).buffer)

describe("a slow handler", () => {
  it.scopedLive(
    "applies back-pressure: less than 12 of 64 MiB leave the peer, the server grows by less than 48 MB, and all arrives",
    () =>
      Effect.gen(function* () {
        const server = yield* startProgram("server", { args: ["parked"] })
        const [, port] = yield* server.waitFor("stdout", /"_tag":"Listening".*"port":(\d+)/)
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", Number(port)))
        yield* server.waitFor("stdout", /ConnectionOpened/)
        const pid = server.child.pid ?? 0
        const before = residentBytes(pid)
        const volume = volumeOf(64 * MiB)
        let left = 0
        const pushing = yield* Effect.fork(
          Effect.gen(function* () {
            for (; left < volume.length; left += piece) {
              yield* peer.send(volume.subarray(left, left + piece))
              yield* peer.flushed
            }
            yield* peer.halfClose
          }),
        )
        expect(yield* untilStill("what has left the peer", () => left)).toBeGreaterThan(0)
        expect(left).toBeLessThan(12e6)
        expect(residentBytes(pid) - before).toBeLessThan(48e6)
        yield* server.write("go on\n")
        const [, taken] = yield* server.waitFor("stdout", /"_tag":"Taken","id":1,(.*)\}/)
        yield* Fiber.join(pushing)
        const digest = createHash("sha256").update(volume).digest("hex")
        expect(taken).toBe(`"bytes":${volume.length},"digest":"${digest}"`)
      }),
  )

  it.scopedLive("receives every line in order, and its answers arrive in the same order", () =>
    Effect.gen(function* () {
      const chance = new Chance(11)
      const slowly = (connection: ServerConnection) =>
        Stream.runForEach(connection.frames, (line) =>
          Effect.zipRight(
            Effect.suspend(() => turns(chance.below(4))),
            connection.send(utf8(`${string(line)} seen`)),
          ),
        )
      const { connectPeer } = yield* Testing.serve({
        handler: slowly,
        settings: { frame: Framing.line, inbox: 1024, outbox: 1024 },
      })
      const peers = yield* Effect.replicateEffect(connectPeer(), 8)
      const lines = Array.from({ length: 400 }, (_, n) => `line ${n} `.padEnd(20 + (n % 60), "."))
      yield* Effect.forEach(
        peers,
        (peer, at) =>
          Effect.gen(function* () {
            for (const line of lines) yield* peer.send(`${at}: ${line}\n`)
            yield* peer.halfClose
            const answers = string(yield* peer.takeRest)
            expect(answers).toBe(lines.map((line) => `${at}: ${line} seen\n`).join(""))
          }),
        { concurrency: "unbounded" },
      )
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})
