import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Client, type SessionOptions } from "../../src/client/index.ts"
import { type Endpoint, Framing, tcpEndpoint } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort, overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const nowhere = tcpEndpoint("127.0.0.1", 1)
const quick = { jitter: 0, baseDelay: Duration.millis(20), maxDelay: Duration.millis(20) }

const sessionTo = (endpoint: Endpoint, options: SessionOptions = {}) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: Framing.line, maxFrame: 16 * 1024 * 1024 })
    const events = yield* Testing.probe(client.subscribeEvents({ frames: true }))
    return { events, session: yield* client.session(endpoint, { reconnect: quick, ...options }) }
  })

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`)

describe("a session whose connection is lost", () => {
  overEachTransport("sends no payload again that the connection had taken, not even an incomplete one", () =>
    Effect.gen(function* () {
      const { accept, endpoint } = yield* Testing.listenForPeers(anyPort, { reads: false })
      const { events, session } = yield* sessionTo(endpoint)
      // The server does not read. The payloads are larger than the buffers of the kernel and the connection.
      yield* session.send(new Uint8Array(8 * 1024 * 1024).fill(0x78))
      const first = yield* accept
      yield* events.one("FrameSent")
      yield* session.send(utf8("next"))
      yield* first.reset
      const second = yield* accept
      yield* second.startReading
      yield* second.expect("next\n")
    }),
  )

  it.scopedLive("gives its reader everything that had arrived, also when a send notices the loss", () =>
    Effect.gen(function* () {
      const { accept, endpoint } = yield* Testing.listenForPeers(anyPort)
      const { events, session } = yield* sessionTo(endpoint)
      const first = yield* accept
      const open = yield* Effect.makeLatch(false)
      const reading = yield* Effect.fork(
        Stream.runCollect(
          Stream.take(
            Stream.tap(session.frames, () => open.await),
            51,
          ),
        ),
      )
      yield* first.send(`${lines(1, 50).join("\n")}\n`)
      yield* events.first("FrameReceived", 50)
      yield* first.reset
      yield* events.one("Disconnected")
      yield* session.send(utf8("x"))
      yield* Testing.turns(5)
      yield* open.open
      const second = yield* accept
      yield* second.send("51\n")
      expect(Chunk.toReadonlyArray(yield* Fiber.join(reading)).map(string)).toEqual(lines(1, 51))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("reconnects although received payloads are not read", () =>
    Effect.gen(function* () {
      const { accept, endpoint } = yield* Testing.listenForPeers(anyPort)
      const { events, session } = yield* sessionTo(endpoint)
      const first = yield* accept
      yield* first.send(`${lines(1, 50).join("\n")}\n`)
      yield* events.first("FrameReceived", 50)
      yield* first.reset
      const second = yield* accept
      yield* session.send(utf8("x"))
      yield* second.expect("x\n")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("a session that is closed", () => {
  it.scoped("ends at once while its server is away, when nothing is kept", () =>
    Effect.gen(function* () {
      const { events, session } = yield* sessionTo(nowhere)
      yield* events.one("Reconnecting")
      yield* session.close
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("ends although its server resets the connection in place of closing it", () =>
    Effect.gen(function* () {
      const { accept, endpoint } = yield* Testing.listenForPeers(anyPort)
      const { events, session } = yield* sessionTo(endpoint)
      const first = yield* accept
      yield* session.send(utf8("last"))
      const closing = yield* Effect.fork(session.close)
      yield* first.expect("last\n")
      yield* first.expectEnd
      yield* first.reset
      yield* Fiber.join(closing)
      yield* events.one("Disconnected")
      expect(events.all("Reconnecting")).toEqual([])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("accepts no more payloads, also while it still sends its outbox", () =>
    Effect.gen(function* () {
      const { session } = yield* sessionTo(nowhere)
      yield* session.send(utf8("kept"))
      yield* Effect.fork(session.close)
      yield* Effect.yieldNow()
      expect((yield* Effect.flip(session.send(utf8("late"))))._tag).toBe("ConnectionClosedError")
      expect((yield* session.state).pendingFrames).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the outbox of a session", () => {
  it.scoped("counts the overhead of a payload, so that empty payloads are bounded too", () =>
    Effect.gen(function* () {
      const { session } = yield* sessionTo(nowhere, { outboxBytes: 3200, whenFull: "drop-newest" })
      yield* Effect.replicateEffect(session.send(new Uint8Array(0)), 1000)
      expect((yield* session.state).pendingFrames).toBe(100)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})
