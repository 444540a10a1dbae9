import { randomBytes } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  addressKinds,
  dialWith,
  digest,
  haveAll,
  nc,
  ncat,
  type Peer,
  python,
  serveAt,
  socat,
  tcpOpen,
} from "../support/peers.ts"
import type { Process } from "../support/tcpfxProcess.ts"

const peers = [ncat, nc, socat, python]

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const binary = (random: number): Buffer => Buffer.concat([everyByte, randomBytes(random), everyByte])

/** Pairs of a program and the next program in the list, so that each program talks to two others. */
const pairs = peers.map((peer, index): readonly [Peer, Peer] => [peer, peers[(index + 1) % peers.length] ?? peer])

const sendAll = (process: Process, data: string | Uint8Array) =>
  Effect.fork(Effect.zipRight(process.write(data), process.endInput))

describe("the broker of tcpfx serve", () => {
  for (const [first, second] of pairs) {
    for (const { name, available, open } of addressKinds) {
      it.scopedLive.skipIf(!haveAll(first, second) || !available())(
        `relays every byte between ${first.program} and ${second.program} over ${name}, also to clients that sent FIN`,
        () =>
          Effect.gen(function* () {
            const { server, endpoint } = yield* serveAt(open, "--broker")
            const one = yield* dialWith(first, endpoint)
            yield* server.waitFor("stderr", /#1 connected/)
            const two = yield* dialWith(second, endpoint)
            yield* server.waitFor("stderr", /#2 connected/)
            const there = binary(1_000_000)
            const back = binary(500_000)
            yield* sendAll(one, there)
            yield* two.waitForBytes("stdout", there.length)
            yield* server.waitFor("stderr", /^\S+ #1 sent FIN \(half-closed\)$/m)
            yield* sendAll(two, back)
            yield* one.waitForBytes("stdout", back.length)
            yield* server.waitFor("stderr", /^\S+ #2 sent FIN \(half-closed\)$/m)
            yield* server.kill("SIGTERM")
            expect([yield* one.ended, yield* two.ended]).toEqual([
              { code: 0, signal: null },
              { code: 0, signal: null },
            ])
            expect(digest(two.bytes("stdout"))).toBe(digest(there))
            expect(digest(one.bytes("stdout"))).toBe(digest(back))
            expect(yield* server.ended).toEqual({ code: 143, signal: null })
            expect(server.text("stderr").match(/#[12] closed: drained; /g)).toHaveLength(2)
          }),
      )
    }
  }

  for (const [victim, sender] of pairs) {
    it.scopedLive.skipIf(!haveAll(victim, sender))(
      `announces a ${victim.program} that is killed before it has read everything, and relays on`,
      () =>
        Effect.gen(function* () {
          const { server, endpoint } = yield* serveAt(tcpOpen, "--broker")
          const killed = yield* dialWith(victim, endpoint)
          yield* server.waitFor("stderr", /#1 connected/)
          const one = yield* dialWith(sender, endpoint)
          yield* server.waitFor("stderr", /#2 connected/)
          const two = yield* dialWith(sender, endpoint)
          yield* server.waitFor("stderr", /#3 connected/)
          yield* killed.kill("SIGSTOP")
          const data = binary(100_000)
          yield* one.write(data)
          expect(digest(yield* two.waitForBytes("stdout", data.length))).toBe(digest(data))
          yield* killed.kill("SIGKILL")
          yield* server.waitFor(
            "stderr",
            /^\S+ #1 closed: reset by the peer; 0 B in, .* out, after .*; 127\.0\.0\.1:\d+$/m,
          )
          yield* two.write("and on\n")
          yield* one.waitFor("stdout", /^and on$/m)
        }),
    )
  }

  it.scopedLive.skipIf(!haveAll(...peers))(
    "sends what its own input says to four programs, and theirs to the others",
    () =>
      Effect.gen(function* () {
        const { server, endpoint } = yield* serveAt(tcpOpen, "--broker")
        const clients: Array<Process> = []
        for (const peer of peers) {
          clients.push(yield* dialWith(peer, endpoint))
          yield* server.waitFor("stderr", new RegExp(`#${clients.length} connected`))
        }
        yield* server.write("to all\n")
        yield* Effect.forEach(clients, (client) => client.waitFor("stdout", /^to all$/m))
        for (const [index, client] of clients.entries()) {
          yield* client.write(`from ${index}\n`)
          yield* Effect.forEach(
            clients.filter((other) => other !== client),
            (other) => other.waitFor("stdout", new RegExp(`^from ${index}$`, "m")),
          )
          yield* server.waitFor("stdout", new RegExp(`^\\S+ #${index + 1} < from ${index}\\\\n$`, "m"))
        }
        yield* server.write("goodbye\n")
        yield* Effect.forEach(clients, (client) => client.waitFor("stdout", /^goodbye$/m))
        expect(clients.map((client) => client.text("stdout"))).toEqual([
          "to all\nfrom 1\nfrom 2\nfrom 3\ngoodbye\n",
          "to all\nfrom 0\nfrom 2\nfrom 3\ngoodbye\n",
          "to all\nfrom 0\nfrom 1\nfrom 3\ngoodbye\n",
          "to all\nfrom 0\nfrom 1\nfrom 2\ngoodbye\n",
        ])
      }),
  )
})

for (const peer of peers) {
  describe.skipIf(!haveAll(peer))(`${peer.program} and the modes of tcpfx serve that answer by themselves`, () => {
    for (const { name, available, open } of addressKinds) {
      it.scopedLive.skipIf(!available())(`get back every byte from an echo over ${name}, then the end`, () =>
        Effect.gen(function* () {
          const { server, endpoint } = yield* serveAt(open, "--mode", "echo", "--no-traffic")
          const client = yield* dialWith(peer, endpoint)
          const data = binary(1_000_000)
          yield* sendAll(client, data)
          expect(yield* client.ended).toEqual({ code: 0, signal: null })
          expect(digest(client.bytes("stdout"))).toBe(digest(data))
          yield* server.waitFor("stderr", /^\S+ #1 closed: by the peer; 977 KiB in, 977 KiB out, after/m)
        }),
      )
    }

    it.scopedLive("get nothing but the end where everything is discarded", () =>
      Effect.gen(function* () {
        const { server, endpoint } = yield* serveAt(tcpOpen, "--mode", "discard", "--output", "json", "--no-traffic")
        const client = yield* dialWith(peer, endpoint)
        const data = binary(1_000_000)
        yield* sendAll(client, data)
        expect(yield* client.ended).toEqual({ code: 0, signal: null })
        expect(client.text("stdout")).toBe("")
        const [line] = yield* server.waitFor("stdout", /^.*"ConnectionClosed".*$/m)
        expect(JSON.parse(line)).toMatchObject({
          id: 1,
          reason: { _tag: "PeerClosed" },
          bytesIn: data.length,
          bytesOut: 0,
        })
      }),
    )

    it.scopedLive("get one reply for each line, the last one after their FIN", () =>
      Effect.gen(function* () {
        const { server, endpoint } = yield* serveAt(tcpOpen, "--frame", "line", "--reply", "Hello, client!")
        const client = yield* dialWith(peer, endpoint)
        yield* client.write("one\ntwo\n")
        yield* client.waitFor("stdout", /^(Hello, client!\n){2}$/)
        yield* client.write("three\n")
        yield* client.endInput
        expect(yield* client.ended).toEqual({ code: 0, signal: null })
        expect(client.text("stdout")).toBe("Hello, client!\n".repeat(3))
        yield* server.waitFor("stderr", /^\S+ #1 closed: by the peer; 14 B in, 45 B out, after/m)
        yield* server.waitFor("stdout", /#1 < three$/m)
      }),
    )
  })
}
