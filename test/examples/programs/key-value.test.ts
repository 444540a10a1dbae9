import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { closeReasons, Framing } from "tcpfx/domain"
import { Testing } from "tcpfx/testing"
import { MemoryTransport, NodeTransport } from "tcpfx/transport"
import { makeClient, makeServer } from "../../../examples/programs/key-value.ts"

const anyPort = "127.0.0.1:0"
const patient = { within: "1 minute" } as const

/** Several requests at once. A failure is the reply of the server, or the tag of the error. */
const ask = (client: Effect.Effect.Success<ReturnType<typeof makeClient>>, lines: ReadonlyArray<string>) =>
  Effect.forEach(
    lines,
    (line) =>
      client
        .request(line)
        .pipe(Effect.catchAll((error) => Effect.succeed(error._tag === "RequestFailed" ? error.reply : error._tag))),
    { concurrency: "unbounded" },
  )

it.scopedLive("100 clients over sockets share the store, and each gets the replies to its own requests", () =>
  Effect.gen(function* () {
    const server = yield* makeServer
    const { endpoint } = yield* server.listen(anyPort)
    const replies = yield* Effect.forEach(
      Array.from({ length: 100 }, (_, i) => i),
      (i) =>
        Effect.gen(function* () {
          const client = yield* makeClient(endpoint, "1 minute")
          return yield* ask(client, [`SET k${i} hello ${i}`, `GET k${i}`, "FOO", "GET nope", `DEL k${i}`])
        }),
      { concurrency: "unbounded" },
    )
    expect(replies).toEqual(replies.map((_, i) => ["OK", `= hello ${i}`, "ERR unknown command FOO", "NIL nope", "OK"]))
    const last = yield* makeClient(endpoint, "1 minute")
    expect(yield* ask(last, ["SET b 2", "SET a 1", "KEYS"])).toEqual(["OK", "OK", "= a b"])
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scoped("a command without its words gets its usage, and a value keeps its spaces", () =>
  Effect.gen(function* () {
    const server = yield* makeServer
    const { endpoint } = yield* server.listen(anyPort)
    const client = yield* makeClient(endpoint, "1 second")
    expect(yield* ask(client, ["SET", "SET a", "GET", "DEL", "DEL a", "KEYS", "SET a  b  c ", "GET a", ""])).toEqual([
      "ERR SET key value",
      "ERR SET key value",
      "ERR GET key",
      "ERR DEL key",
      "NIL a",
      "= ",
      "OK",
      "=  b  c ",
      "ERR unknown command ",
    ])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a line that is not UTF-8 gets an error, and the peer can go on, also in single bytes", () =>
  Effect.gen(function* () {
    const server = yield* makeServer
    const { endpoint } = yield* server.listen(anyPort)
    const peer = yield* Testing.dialPeer(endpoint, patient)
    yield* peer.send(Uint8Array.of(0xff, 0xfe, 0x0a))
    yield* peer.expect("ERR the payload is not UTF-8: no character begins with the byte 0xff at offset 0\n")
    for (const byte of new TextEncoder().encode("SET a ü\nGET a\n")) yield* peer.send(Uint8Array.of(byte))
    yield* peer.expect("OK\n= ü\n")
    yield* peer.send("GET a")
    yield* peer.halfClose
    yield* peer.expect("= ü\n")
    yield* peer.expectEnd
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a line above the limit ends its own connection only", () =>
  Effect.gen(function* () {
    const server = yield* makeServer
    const events = yield* Testing.probe(server.subscribeEvents(), patient)
    const { endpoint } = yield* server.listen(anyPort)
    const client = yield* makeClient(endpoint, "1 second")
    const peer = yield* Testing.dialPeer(endpoint, patient)
    yield* peer.send(new Uint8Array(2 * 1024 * 1024).fill(0x61))
    expect((yield* events.one("ConnectionClosed")).reason._tag).toBe("FrameTooLong")
    expect(yield* client.request("SET a 1")).toBe("OK")
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a reply that is too long for a line is an error, and the connection stays open", () =>
  Effect.gen(function* () {
    const server = yield* makeServer
    const { endpoint } = yield* server.listen(anyPort)
    const client = yield* makeClient(endpoint, "1 minute")
    const half = "x".repeat(600_000)
    expect(yield* ask(client, [`SET a${half} 1`, `SET b${half} 1`, "KEYS", "GET c"])).toEqual([
      "OK",
      "OK",
      "ERR the reply is too long for a line",
      "NIL c",
    ])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a request without a reply times out, and its late reply does not go to the next request", () =>
  Effect.gen(function* () {
    const listener = yield* Testing.listenForPeers(anyPort, patient)
    const client = yield* makeClient(listener.endpoint, "2 seconds")
    const server = yield* listener.accept
    const slow = yield* Effect.fork(Effect.either(client.request("GET slow")))
    yield* server.expectFrame(Framing.line, "GET slow")
    yield* TestClock.adjust("2 seconds")
    expect(yield* Fiber.join(slow)).toMatchObject(Either.left({ _tag: "RequestTimeout", sent: true }))
    const next = yield* Effect.fork(client.request("GET next"))
    yield* server.expectFrame(Framing.line, "GET next")
    yield* server.send("= late\n= right\n")
    expect(yield* Fiber.join(next)).toBe("= right")
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("the end of the server fails the requests that wait, and later ones", () =>
  Effect.gen(function* () {
    const listener = yield* Testing.listenForPeers(anyPort, patient)
    const client = yield* makeClient(listener.endpoint, "2 seconds")
    const server = yield* listener.accept
    const waiting = yield* Effect.fork(Effect.flip(client.request("GET a")))
    yield* server.expectFrame(Framing.line, "GET a")
    yield* server.halfClose
    const ended = { _tag: "ConnectionClosedError", reason: closeReasons.peerClosed }
    expect(yield* Fiber.join(waiting)).toMatchObject(ended)
    expect(yield* Effect.flip(client.request("GET b"))).toMatchObject(ended)
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scopedLive("a request after the drain of the server fails", () =>
  Effect.gen(function* () {
    const server = yield* makeServer
    const { endpoint } = yield* server.listen(anyPort)
    const client = yield* makeClient(endpoint, "1 minute")
    expect(yield* client.request(`SET a ${"x".repeat(300_000)}`)).toBe("OK")
    yield* server.drain
    expect((yield* Effect.flip(client.request("GET a")))._tag).toBe("ConnectionClosedError")
  }).pipe(Effect.provide(NodeTransport.layer)),
)
