import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing, VirtualNetwork } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const echo = Testing.layer({ handler: Handler.echo() })
const short = { within: "1 millis" } as const

describe("a scripted peer", () => {
  overEachTransport("plays a client and a server, byte by byte", () =>
    Effect.gen(function* () {
      const listener = yield* Testing.listenForPeers("localhost:0")
      const near = yield* Testing.dialPeer(listener.endpoint)
      const far = yield* listener.accept
      yield* near.send("ping")
      yield* far.expect("pi")
      yield* far.expect(utf8("ng"))
      yield* far.sendFrame(Framing.slip, "pong")
      yield* near.expectFrame(Framing.slip, "pong")
      yield* near.send("rest")
      yield* near.halfClose
      expect(yield* far.takeRest).toEqual(utf8("rest"))
      yield* far.expectEnd
      yield* far.send("answer")
      yield* far.halfClose
      expect(yield* near.take(6)).toEqual(utf8("answer"))
      yield* near.expectEnd
      expect([yield* near.closed, yield* far.closed]).toEqual([Option.none(), Option.none()])
    }),
  )

  it.scoped("expects megabytes in one step", () =>
    Effect.gen(function* () {
      const listener = yield* Testing.listenForPeers()
      const near = yield* Testing.dialPeer(listener.endpoint)
      const far = yield* listener.accept
      const content = new Uint8Array(8 * 1024 ** 2).map((_, at) => at)
      yield* Effect.all([near.send(content), far.expect(content)], { concurrency: 2 })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  overEachTransport("resets, and sees a reset", () =>
    Effect.gen(function* () {
      const listener = yield* Testing.listenForPeers()
      const near = yield* Testing.dialPeer(listener.endpoint)
      const far = yield* listener.accept
      yield* near.reset
      yield* far.expectReset
      expect(yield* far.closed).toEqual(Option.some("ECONNRESET"))
      expect(yield* Effect.flip(far.expect("more"))).toMatchObject({ problem: "reset", offset: 0 })
    }),
  )

  it.scoped("fails at the first byte that differs, with both texts and the offset in the stream", () =>
    Effect.gen(function* () {
      const peer = yield* Testing.connectPeer()
      yield* peer.send("hello PING\r\n")
      yield* peer.expect("hello ")
      const error = yield* Effect.flip(peer.expect("PONG\r\n"))
      expect(error).toMatchObject({ _tag: "UnexpectedBytes", offset: 6, differsAt: 7, problem: "differs" })
      expect(error.message).toBe(
        'expected "PONG\\r\\n" at offset 6 and received "PING\\r\\n": the byte at offset 7 is 0x49 and not 0x4f',
      )
      yield* peer.expect("PING\r\n")
    }).pipe(Effect.provide(echo)),
  )

  it.scoped("fails if fewer bytes come before the end or before the deadline, also under TestClock", () =>
    Effect.gen(function* () {
      const peer = yield* Testing.connectPeer(short)
      yield* peer.send("par")
      yield* Testing.turns(10)
      const silent = yield* Effect.flip(peer.expect("part"))
      expect(silent).toMatchObject({ problem: "silent", differsAt: 3 })
      yield* peer.halfClose
      yield* Testing.turns(10)
      const ended = yield* Effect.flip(peer.expect("part"))
      expect(ended.message).toBe('expected "part" at offset 0 and received "par": the other side sent FIN at offset 3')
    }).pipe(Effect.provide(echo)),
  )

  it.scoped("names the number of bytes that it takes in vain, and shows those that came", () =>
    Effect.gen(function* () {
      const peer = yield* Testing.connectPeer(short)
      const nothing = yield* Effect.flip(peer.take(1))
      expect(nothing.message).toBe(
        'expected 1 byte at offset 0 and received "": nothing more came before the deadline, at offset 0',
      )
      yield* peer.send("hello")
      yield* Testing.turns(10)
      expect(yield* peer.take(2)).toEqual(utf8("he"))
      const silent = yield* Effect.flip(peer.take(10))
      expect(silent).toMatchObject({ count: 10, actual: utf8("llo"), offset: 2, differsAt: 5, problem: "silent" })
      yield* peer.halfClose
      yield* Testing.turns(10)
      const ended = yield* Effect.flip(peer.take(10))
      expect(ended.message).toBe(
        'expected 10 bytes at offset 2 and received "llo": the other side sent FIN at offset 5',
      )
    }).pipe(Effect.provide(echo)),
  )

  it.scoped("expects the end, and fails at a byte in its place", () =>
    Effect.gen(function* () {
      const peer = yield* Testing.connectPeer()
      yield* peer.send("x")
      const error = yield* Effect.flip(peer.expectEnd)
      expect(error.message).toBe(
        'expected the end at offset 0 and received "x": the byte at offset 0 is 0x78 and not the end',
      )
    }).pipe(Effect.provide(echo)),
  )

  it.scoped("reads nothing until it is told, so the server sees a peer that does not read", () =>
    Effect.gen(function* () {
      const server = yield* Server
      const peer = yield* Testing.connectPeer({ reads: false })
      const sending = yield* Effect.fork(server.broadcast(new Uint8Array(1_000_000).fill(120)))
      yield* Testing.turns(10)
      const [{ pendingBytes } = { pendingBytes: 0 }] = yield* server.connections
      expect(pendingBytes).toBeGreaterThan(500_000)
      yield* peer.startReading
      expect((yield* peer.take(1_000_000)).every((byte) => byte === 120)).toBe(true)
      yield* Fiber.join(sending)
    }).pipe(Effect.provide(Testing.layer({ handler: Handler.discard() }))),
  )

  it.scoped("is flushed when the other side has buffers for everything, and not before", () =>
    Effect.gen(function* () {
      const network = yield* VirtualNetwork
      const peer = yield* Testing.connectPeer(short)
      yield* network.stopReading("server")
      yield* peer.send(new Uint8Array(1_000_000))
      expect(yield* Effect.flip(peer.flushed)).toMatchObject({ problem: "silent" })
      yield* network.startReading("server")
      yield* Testing.turns(1000)
      yield* peer.flushed
    }).pipe(Effect.provide(Testing.layer({ handler: Handler.discard() }))),
  )

  it.scoped("plays a server that loses its client, and accepts it again", () =>
    Effect.gen(function* () {
      const listener = yield* Testing.listenForPeers()
      const client = yield* Client.make({ frame: Framing.line })
      const running = yield* Effect.fork(
        client.run(
          listener.endpoint,
          (connection) =>
            Effect.zipRight(
              connection.send(utf8("hello")),
              Effect.map(Stream.runCollect(Stream.take(connection.frames, 1)), (lines) => lines.length),
            ),
          { onPeerEnd: "reconnect" },
        ),
      )
      const first = yield* listener.accept
      yield* first.expectFrame(Framing.line, "hello")
      yield* first.reset
      const accepting = yield* Effect.fork(listener.accept)
      yield* TestClock.adjust("1 minute")
      const second = yield* Fiber.join(accepting)
      yield* second.expectFrame(Framing.line, "hello")
      yield* second.sendFrame(Framing.line, "welcome")
      expect(yield* Fiber.join(running)).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("refuses a payload that the framing cannot carry, and a name that does not exist", () =>
    Effect.gen(function* () {
      const peer = yield* Testing.connectPeer()
      expect(yield* Effect.flip(peer.sendFrame(Framing.line, "a\nb"))).toMatchObject({ _tag: "InvalidPayloadError" })
      const nowhere = Effect.provide(Testing.dialPeer("nowhere:1"), MemoryTransport.layer())
      expect(yield* Effect.flip(nowhere)).toMatchObject({ reason: "NameNotFound" })
    }).pipe(Effect.provide(echo)),
  )
})
