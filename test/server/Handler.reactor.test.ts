import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value)

/** The names that a program can find on an object and on its prototypes, without those of `Object`. */
const namesOn = (object: object): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at))
    names.push(...Object.getOwnPropertyNames(at))
  return names.filter((name) => name !== "constructor").sort()
}

describe("a reactor", () => {
  it.scopedLive("gets the public interface of a connection and nothing else, in one object for each connection", () =>
    Effect.gen(function* () {
      const seen: Array<Handler.ReactorConnection> = []
      const { connect, events } = yield* Testing.serve({
        handler: {
          _tag: "Reactor",
          name: "curious",
          onRun: (connection, run) => {
            seen.push(connection)
            connection.write(run)
          },
          onPeerEnd: (connection) => {
            seen.push(connection)
            connection.close()
          },
        },
      })
      const peer = yield* connect()
      yield* peer.send(utf8("x"))
      yield* Testing.receiveBytes(peer, 1)
      yield* peer.close
      yield* events.one("ConnectionClosed")
      const [connection] = seen
      expect(new Set(seen)).toEqual(new Set([connection]))
      expect(connection?.id).toBe(1)
      expect(namesOn(connection ?? {})).toEqual([
        "close",
        "count",
        "defer",
        "id",
        "offer",
        "publish",
        "reply",
        "unsentReplies",
        "write",
      ])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the broker", () => {
  overEachTransport("relays everything to all others, in order, and never to the sender", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.broker(), settings: { frame: Framing.line } })
      const a = yield* connect()
      const b = yield* connect()
      const c = yield* connect()
      const lines = Array.from({ length: 200 }, (_, n) => `line ${n}`)
      yield* Effect.forEach(lines, (line) => a.send(utf8(line)))
      expect(yield* Effect.replicateEffect(Testing.receiveText(b), lines.length)).toEqual(lines)
      expect(yield* Effect.replicateEffect(Testing.receiveText(c), lines.length)).toEqual(lines)
      // The first bytes that `a` receives are the answer of `b`, so `a` has received none of its own bytes.
      yield* b.send(utf8("answer"))
      expect(yield* Testing.receiveText(a)).toBe("answer")
      expect(yield* Testing.receiveText(c)).toBe("answer")
    }),
  )

  overEachTransport("relays every value of a byte", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: Handler.broker() })
      const a = yield* connect()
      const b = yield* connect()
      yield* a.send(everyByte)
      expect([...(yield* Testing.receiveBytes(b, 256))]).toEqual([...everyByte])
    }),
  )

  it.effect.prop(
    "relays any bytes, however they are cut",
    { chunks: FastCheck.array(FastCheck.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 20 }) },
    ({ chunks }) =>
      Effect.gen(function* () {
        const { connect } = yield* Testing.serve({ handler: Handler.broker() })
        const a = yield* connect()
        const b = yield* connect()
        const sent = Buffer.concat(chunks)
        yield* Effect.forEach(chunks, (chunk) => a.send(chunk))
        expect(sent.equals(yield* Testing.receiveBytes(b, sent.length))).toBe(true)
      }).pipe(Effect.scoped, Effect.provide(MemoryTransport.layer({ capacityBytes: 1000 }))),
    { fastCheck: { numRuns: 40 } },
  )

  overEachTransport("goes on sending to a peer that half-closed", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.broker() })
      const listens = yield* connect()
      const talks = yield* connect()
      yield* listens.halfClose
      expect(yield* events.one("ConnectionHalfClosed")).toMatchObject({ id: 1, by: "peer" })
      yield* talks.send(utf8("one "))
      yield* talks.send(utf8("two"))
      expect(string(yield* Testing.receiveBytes(listens, 7))).toBe("one two")
      expect((yield* server.connections).map(({ state }) => state)).toEqual(["peer-half-closed", "open"])
    }),
  )

  overEachTransport("closes a half-closed peer with halfClosed close", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.broker("close") })
      const peer = yield* connect()
      yield* peer.halfClose
      expect((yield* Testing.receiveAll(peer)).length).toBe(0)
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    }),
  )

  overEachTransport("never mixes the lines of two publishers, however their bytes are cut", () =>
    Effect.gen(function* () {
      const { connect, connectTo, endpoint, events } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { frame: Framing.line },
      })
      const reader = yield* connect()
      const publishers = yield* Effect.replicateEffect(connectTo(endpoint, { frame: Framing.raw }), 2)
      yield* events.first("ConnectionOpened", 3)
      const lines = (name: string) => Array.from({ length: 100 }, (_, n) => `${name}${n}:${name.repeat(n)}`)
      // Parts of 7 bytes, so that most parts are not whole lines.
      const publish = (index: number, name: string) => {
        const wire = utf8(lines(name).join("\n"))
        const parts = Array.from({ length: Math.ceil(wire.length / 7) }, (_, n) => wire.subarray(n * 7, n * 7 + 7))
        const publisher = publishers[index]
        return publisher === undefined
          ? Effect.void
          : Effect.forEach(parts, (part) => Effect.zipRight(publisher.send(part), Effect.yieldNow())).pipe(
              Effect.zipRight(publisher.halfClose),
            )
      }
      yield* Effect.all([publish(0, "a"), publish(1, "b")], { concurrency: 2 })
      const got = yield* Effect.replicateEffect(Testing.receiveText(reader), 200)
      expect(got.filter((line) => line?.startsWith("a"))).toEqual(lines("a"))
      expect(got.filter((line) => line?.startsWith("b"))).toEqual(lines("b"))
    }),
  )

  overEachTransport("emits one FrameReceived for a frame, whatever the number of its recipients", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.broker(), settings: { frame: Framing.line } })
      const [a, b, c] = yield* Effect.replicateEffect(connect(), 3)
      yield* a?.send(utf8("hello")) ?? Effect.void
      expect([b && (yield* Testing.receiveText(b)), c && (yield* Testing.receiveText(c))]).toEqual(["hello", "hello"])
      const frames = events.all("FrameReceived").map(({ bytes, id }) => [id, string(bytes)])
      expect(frames).toEqual([[1, "hello"]])
    }),
  )
})

describe("echo", () => {
  overEachTransport("sends back every value of a byte, then closes with the peer", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.echo() })
      const peer = yield* connect()
      yield* peer.send(everyByte)
      yield* peer.halfClose
      expect([...(yield* Testing.receiveAll(peer))]).toEqual([...everyByte])
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({ _tag: "PeerClosed" })
    }),
  )

  it.scoped("holds back a peer that does not read its echo, and loses nothing of it", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const peer = yield* connect()
      const volume = new Uint8Array(4 * 1024 * 1024).map((_, at) => at % 251)
      // The peer's inbox is full at 64 KiB, so the peer stops reading and the echo backs up.
      const sending = yield* Effect.fork(peer.send(volume))
      yield* events.one("FrameReceived")
      yield* TestClock.adjust("1 hour")
      const [info] = yield* server.connections
      const arrived = events.all("FrameReceived").reduce((sum, { bytes }) => sum + bytes.length, 0)
      expect(arrived).toBeLessThan(1024 * 1024)
      expect(info?.pendingBytes).toBeLessThanOrEqual(128 * 1024)
      const back = yield* Testing.receiveBytes(peer, volume.length)
      yield* sending.await
      expect(Buffer.compare(back, volume)).toBe(0)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("holds back a socket that does not read its echo, while others are served", () =>
    Effect.gen(function* () {
      const { connect, connectPeer, events, server } = yield* Testing.serve({ handler: Handler.echo() })
      const deaf = yield* connectPeer({ reads: false })
      const volume = new Uint8Array(48 * 1024 * 1024).map((_, at) => at % 251)
      yield* deaf.send(volume)
      const other = yield* connect()
      // In each round the server could have read more from the other.
      for (let round = 0; round < 500; round++) {
        yield* other.send(utf8("ping"))
        yield* Testing.receiveBytes(other, 4)
      }
      const [info] = yield* server.connections
      const arrived = events.all("FrameReceived").reduce((sum, { bytes, id }) => sum + (id === 1 ? bytes.length : 0), 0)
      expect(arrived).toBeLessThan(24 * 1024 * 1024)
      expect(info?.pendingBytes).toBeLessThanOrEqual(128 * 1024)
      yield* deaf.startReading
      yield* deaf.expect(volume)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

describe("discard", () => {
  overEachTransport("takes everything and answers nothing", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: Handler.discard() })
      const peer = yield* connect()
      const volume = new Uint8Array(1024 * 1024)
      yield* peer.send(volume)
      yield* peer.halfClose
      expect((yield* Testing.receiveAll(peer)).length).toBe(0)
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ bytesIn: volume.length, bytesOut: 0 })
    }),
  )
})

describe("reply", () => {
  overEachTransport("answers each frame once, with one FrameSent each", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: Handler.reply(utf8("Hello, client!")),
        settings: { frame: Framing.line },
      })
      const peer = yield* connect({ frame: Framing.raw })
      yield* peer.send(utf8("one\ntwo\r\n\nfour"))
      yield* peer.halfClose
      expect(string(yield* Testing.receiveAll(peer))).toBe("Hello, client!\n".repeat(4))
      const sent = events.all("FrameSent").map(({ bytes, to }) => [to, string(bytes)])
      expect(sent).toEqual(new Array(4).fill([[1], "Hello, client!"]))
    }),
  )
})

describe("a peer with unsent replies", () => {
  it.scoped("is not read again before all of them are written, however often it receives some", () =>
    Effect.gen(function* () {
      const payload = new Uint8Array(1000).fill(97)
      const settings = { frame: Framing.line, outbox: 1000 }
      const { connect, events } = yield* Testing.serve({ handler: Handler.reply(payload), settings })
      const peer = yield* connect({ inbox: 1, frame: Framing.raw })
      const asked = 50
      yield* peer.sendNow(utf8("x\n".repeat(asked)))
      yield* events.first("FrameReceived", asked)
      yield* turns(20)
      yield* peer.sendNow(utf8("one more\n"))
      let bytes = 0
      while (bytes < (asked + 1) * 1001) {
        const some = yield* peer.receive
        bytes += Option.getOrThrow(some).length
        yield* turns(5)
        if (bytes < (asked / 2) * 1001) expect(events.all("FrameReceived").length).toBe(asked)
      }
      expect(events.all("FrameReceived").length).toBe(asked + 1)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 2000 }))),
  )

  overEachTransport("gets all of them when its server drains or closes its connection", () =>
    Effect.gen(function* () {
      const payload = new Uint8Array(4000).fill(97)
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.reply(payload),
        settings: { frame: Framing.line },
      })
      const asked = 4000
      for (const end of ["kick", "drain"] as const) {
        const peer = yield* connect({ inbox: 1, frame: Framing.raw })
        yield* peer.send(utf8("x\n".repeat(asked)))
        yield* events.first("FrameReceived", 1)
        yield* turns(20)
        if (end === "drain") yield* Effect.fork(server.drain)
        else yield* server.kick(ConnectionId.make(1))
        let bytes = 0
        yield* peer.runForEach((some) => Effect.sync(() => (bytes += some.length)))
        expect(bytes).toBe(asked * (payload.length + 1))
      }
    }),
  )
})
