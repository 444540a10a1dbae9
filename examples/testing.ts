import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Framing } from "tcpfx/domain"
import { Server, type ServerConnection } from "tcpfx/server"
import { Testing, VirtualNetwork } from "tcpfx/testing"

/** The handler under test: answers each line with its number. */
const numbering = (connection: ServerConnection) =>
  Effect.gen(function* () {
    let count = 0
    yield* connection.runForEach((line) => connection.sendText(`${++count} ${new TextDecoder().decode(line)}`))
  })

/**
 * A server and a client in memory. Every read has one byte, so the tests cover every position at which a read can split
 * a line.
 */
export const Numbering = Testing.layer({
  handler: numbering,
  settings: { frame: Framing.line, idleTimeout: "5 minutes" },
  network: { link: { chunkBytes: 1 } },
})

/** A peer sends lines in pieces, and gets numbered lines. */
export const numbersLines = Effect.gen(function* () {
  const peer = yield* Testing.connectPeer()
  yield* peer.send("fi")
  yield* peer.send("rst\nsecond\n")
  yield* peer.expect("1 first\n2 second\n")
})

/** The server closes a silent client. The test moves the clock by five and a half minutes at once. */
export const closesSilentClients = Effect.gen(function* () {
  const server = yield* Server
  const events = yield* Testing.probe(server.subscribeEvents())
  yield* Testing.connect()
  yield* TestClock.adjust("5.5 minutes")
  yield* events.expectInOrder("ConnectionOpened", { _tag: "ConnectionClosed", reason: { _tag: "IdleTimeout" } })
})

/** The network resets a connection. Only this connection ends, and another client is served. */
export const survivesLosses = Effect.gen(function* () {
  const server = yield* Server
  const network = yield* VirtualNetwork
  const events = yield* Testing.probe(server.subscribeEvents())
  yield* Testing.connect()
  yield* network.reset("server", "client")
  yield* events.expectInOrder({ _tag: "ConnectionClosed", reason: { _tag: "PeerReset" } })
  const other = yield* Testing.connectPeer()
  yield* other.send("hello\n")
  yield* other.expect("1 hello\n")
})
