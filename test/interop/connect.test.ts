import { randomBytes } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  addressKinds,
  connectTo,
  digest,
  finSeen,
  haveAll,
  listenWith,
  nc,
  ncat,
  socat,
  socatSystem,
  tcpFree,
} from "../support/peers.ts"

const MiB = 1024 * 1024
const listeners = [ncat, nc, socat]
const wentWell = { code: 0, signal: null }

for (const peer of listeners) {
  describe.skipIf(!haveAll(peer))(`tcpfx connect and a listening ${peer.program}`, () => {
    for (const { name, available, free } of addressKinds) {
      it.scopedLive.skipIf(!available())(`talk both ways over ${name}, and the end of our input is the FIN`, () =>
        Effect.gen(function* () {
          const { listener, endpoint } = yield* listenWith(peer, free)
          const client = yield* connectTo(endpoint)
          yield* client.write("hello from tcpfx\n")
          yield* listener.waitFor("stdout", /^hello from tcpfx$/m)
          yield* listener.write(`hello from ${peer.program}\n`)
          yield* client.waitFor("stdout", new RegExp(`^hello from ${peer.program}$`, "m"))
          yield* client.write("last words")
          yield* client.endInput
          yield* finSeen(listener)
          yield* listener.endInput
          expect(yield* listener.ended).toEqual(wentWell)
          expect(yield* client.ended).toEqual(wentWell)
          expect(listener.text("stdout")).toBe("hello from tcpfx\nlast words")
          expect(client.text("stdout")).toBe(`hello from ${peer.program}\n`)
          expect(client.text("stderr")).toBe("")
        }),
      )

      it.scopedLive.skipIf(!available())(`take 16 MiB each way over ${name}, the same to the last byte`, () =>
        Effect.gen(function* () {
          const data = randomBytes(16 * MiB)
          const { listener, endpoint } = yield* listenWith(peer, free)
          const client = yield* connectTo(endpoint)
          yield* Effect.fork(Effect.zipRight(client.write(data), client.endInput))
          yield* finSeen(listener)
          yield* listener.endInput
          expect([yield* client.ended, yield* listener.ended]).toEqual([wentWell, wentWell])
          expect(digest(listener.bytes("stdout"))).toBe(digest(data))
          expect(client.text("stdout")).toBe("")

          const back = yield* listenWith(peer, free)
          const reader = yield* connectTo(back.endpoint)
          yield* Effect.fork(Effect.zipRight(back.listener.write(data), back.listener.endInput))
          expect([yield* reader.ended, yield* back.listener.ended]).toEqual([wentWell, wentWell])
          expect(digest(reader.bytes("stdout"))).toBe(digest(data))
          expect(back.listener.text("stdout")).toBe("")
        }),
      )
    }

    it.scopedLive("end with 0 when the listener ends, even if the input of tcpfx stays open", () =>
      Effect.gen(function* () {
        const { listener, endpoint } = yield* listenWith(peer, tcpFree)
        const client = yield* connectTo(endpoint)
        yield* client.write("before the end\n")
        yield* listener.waitFor("stdout", /^before the end$/m)
        yield* listener.write("that was all\n")
        yield* listener.endInput
        expect(yield* client.ended).toEqual(wentWell)
        expect(yield* listener.ended).toEqual(wentWell)
        expect(client.text("stdout")).toBe("that was all\n")
        expect(client.text("stderr")).toBe("")
      }),
    )

    it.scopedLive("end with 0 and without a message when a listener without unsent or unread bytes is killed", () =>
      Effect.gen(function* () {
        const { listener, endpoint } = yield* listenWith(peer, tcpFree)
        const client = yield* connectTo(endpoint)
        yield* client.write("to the living\n")
        yield* listener.waitFor("stdout", /^to the living$/m)
        yield* listener.kill("SIGKILL")
        expect(yield* client.ended).toEqual(wentWell)
        expect(client.text("stderr")).toBe("")
      }),
    )

    it.scopedLive("end with 1 and one line when a listener is killed before it has read everything", () =>
      Effect.gen(function* () {
        const { listener, endpoint } = yield* listenWith(peer, tcpFree)
        const client = yield* connectTo(endpoint)
        yield* client.write("to the living\n")
        yield* listener.waitFor("stdout", /^to the living$/m)
        yield* listener.kill("SIGSTOP")
        // More than tcpfx and the pipe to it buffer, so tcpfx has sent bytes when the write completes.
        yield* client.write(randomBytes(MiB))
        yield* listener.kill("SIGKILL")
        expect(yield* client.ended).toEqual({ code: 1, signal: null })
        expect(client.text("stderr")).toBe("tcpfx: the connection ended: reset by the peer\n")
      }),
    )
  })
}

describe.skipIf(!haveAll(socat))("tcpfx connect and a socat that answers late", () => {
  for (const { name, available, free } of addressKinds) {
    it.scopedLive.skipIf(!available())(`prints over ${name} the bytes that arrive after its own FIN`, () =>
      Effect.gen(function* () {
        const { endpoint } = yield* listenWith(socatSystem("cat >/dev/null; echo late"), free)
        const client = yield* connectTo(endpoint)
        yield* client.write("a question\n")
        yield* client.endInput
        expect(yield* client.ended).toEqual(wentWell)
        expect(client.text("stdout")).toBe("late\n")
        expect(client.text("stderr")).toBe("")
      }),
    )
  }

  it.scopedLive("counts the bytes that it sent together with the FIN", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* listenWith(socatSystem("wc -c"), tcpFree)
      const client = yield* connectTo(endpoint)
      yield* client.write(randomBytes(3 * MiB))
      yield* client.endInput
      expect(yield* client.ended).toEqual(wentWell)
      expect(client.text("stdout").trim()).toBe(`${3 * MiB}`)
    }),
  )
})
