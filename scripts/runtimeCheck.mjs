// Checks the installed library with the runtime that runs this file: node, bun or deno. scripts/otherRuntimes.mjs copies it
// beside the installed package. Prints a line for each check; the exit code is the number of failed checks.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { Effect, Option, Queue, Redacted, Schema, Stream } from "effect"
import { Client } from "tcpfx/client"
import { Framing } from "tcpfx/domain"
import { Protocol } from "tcpfx/protocol"
import { Handler, Server } from "tcpfx/server"
import { MemoryTransport, NodeTransport, Tls } from "tcpfx/transport"

const bytesOf = (text) => new TextEncoder().encode(text)
const textOf = (bytes) => new TextDecoder().decode(bytes)

const expectEqual = (actual, expected) =>
  actual === expected ? Effect.void : Effect.fail(`expected ${expected}, got ${actual}`)

/** The settings of a server with its handler, and a connection to it. */
const connected = (handler, frame, endpoint = "127.0.0.1:0") =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler, settings: { frame } })
    const listener = yield* server.listen(endpoint)
    const client = yield* Client.make({ frame })
    return { server, connection: yield* client.connect(listener.endpoint) }
  })

const lines = (endpoint) =>
  Effect.gen(function* () {
    const { connection } = yield* connected(Handler.echo(), Framing.line, endpoint)
    for (let index = 0; index < 1000; index++) yield* connection.send(bytesOf(`line ${index}`))
    yield* connection.halfClose
    const received = yield* Stream.runCollect(connection.frames)
    yield* expectEqual([...received].map(textOf).join(), Array.from({ length: 1000 }, (_, at) => `line ${at}`).join())
  })

const bulk = Effect.gen(function* () {
  const { connection } = yield* connected(Handler.echo(), Framing.raw)
  const piece = new Uint8Array(1024 * 1024).fill(7)
  const sending = Effect.zipRight(Effect.replicateEffect(connection.send(piece), 32), connection.halfClose)
  yield* Effect.forkScoped(sending)
  let received = 0
  yield* connection.runForEach((payload) =>
    Effect.sync(() => {
      received += payload.length
    }),
  )
  yield* expectEqual(received, 32 * piece.length)
})

const slowReader = Effect.gen(function* () {
  let taken = 0
  const { connection } = yield* connected(
    (peer) =>
      peer.runForEach((payload) =>
        Effect.zipRight(
          Effect.sync(() => {
            taken += payload.length
          }),
          Effect.never,
        ),
      ),
    Framing.raw,
  )
  const sending = Effect.forever(connection.send(new Uint8Array(1024 * 1024)))
  const waited = yield* Effect.timeoutOption(sending, "1 second")
  yield* expectEqual(Option.isNone(waited), true)
  yield* expectEqual(taken < 2 * 1024 * 1024, true)
})

const relay = Effect.gen(function* () {
  const server = yield* Server.make({ handler: Handler.broker(), settings: { frame: Framing.line } })
  const { endpoint } = yield* server.listen("127.0.0.1:0")
  const client = yield* Client.make({ frame: Framing.line })
  const [first, second] = [yield* client.connect(endpoint), yield* client.connect(endpoint)]
  const heard = yield* Effect.forkScoped(second.receive)
  // The second client may join after the first lines, so the first client sends until the second client has one.
  yield* Effect.raceFirst(
    Effect.forever(Effect.zipRight(first.send(bytesOf("to all")), Effect.sleep("10 millis"))),
    heard.await,
  )
  const line = yield* Effect.flatten(heard.await)
  yield* expectEqual(textOf(Option.getOrThrow(line)), "to all")
})

const protocol = Effect.gen(function* () {
  const Ask = Schema.TaggedStruct("Ask", { value: Schema.Number })
  const Answer = Schema.TaggedStruct("Answer", { value: Schema.Number })
  const Double = Protocol.make("double", { toServer: Ask, toClient: Answer })
  const server = yield* Server.make({
    protocol: Double,
    handler: (connection) =>
      connection.runForEach(({ value }) => connection.send({ _tag: "Answer", value: value * 2 })),
  })
  const { endpoint } = yield* server.listen("127.0.0.1:0")
  const client = yield* Client.make()
  const connection = yield* client.connect(endpoint, Double)
  yield* connection.send({ _tag: "Ask", value: 21 })
  const answer = yield* Stream.runHead(connection.messages)
  yield* expectEqual(Option.getOrThrow(answer).value, 42)
})

const endings = Effect.gen(function* () {
  const server = yield* Server.make({ handler: Handler.discard() })
  const events = yield* server.subscribeEvents()
  const closed = yield* Queue.unbounded()
  yield* Effect.forkScoped(
    Stream.runForEach(events, (event) =>
      event._tag === "ConnectionClosed" ? Queue.offer(closed, event.reason._tag) : Effect.void,
    ),
  )
  const { endpoint } = yield* server.listen("127.0.0.1:0")
  const client = yield* Client.make()
  const first = yield* client.connect(endpoint)
  yield* first.close
  yield* expectEqual(yield* Queue.take(closed), "PeerClosed")
  const second = yield* client.connect(endpoint)
  yield* second.send(bytesOf("a"))
  yield* second.reset
  yield* expectEqual(yield* Queue.take(closed), "PeerReset")
})

const refused = Effect.gen(function* () {
  const client = yield* Client.make()
  const error = yield* Effect.flip(client.connect("127.0.0.1:1"))
  yield* expectEqual(error.reason, "Refused")
})

const unix = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true })),
  )
  yield* lines(`unix:${join(folder, "socket")}`)
})

const tls = Effect.gen(function* () {
  const cert = readFileSync("cert.pem", "utf8")
  const key = Redacted.make(readFileSync("key.pem", "utf8"))
  const frame = Framing.line
  const server = yield* Server.make({
    handler: Handler.echo(),
    settings: { frame, tls: yield* Tls.acceptor({ identities: [{ cert, key }] }) },
  })
  const { endpoint } = yield* server.listen("127.0.0.1:0")
  const client = yield* Client.make({ frame, tls: yield* Tls.connector({ ca: cert }) })
  const connection = yield* client.connect(endpoint)
  yield* connection.send(bytesOf("secret"))
  yield* expectEqual(textOf(Option.getOrThrow(yield* connection.receive)), "secret")
})

const drain = Effect.gen(function* () {
  const { connection, server } = yield* connected(Handler.echo(), Framing.line)
  yield* connection.send(bytesOf("last"))
  yield* expectEqual(textOf(Option.getOrThrow(yield* connection.receive)), "last")
  yield* Effect.forkScoped(server.drain)
  yield* connection.peerEnded
})

const transports = {
  memory: MemoryTransport.layer(),
  sockets: NodeTransport.layer,
  "plain streams": NodeTransport.layerWith({ streams: true }),
}
const checks = {
  "1000 lines, and half-close": lines("127.0.0.1:0"),
  "32 MiB both ways": bulk,
  "back-pressure": slowReader,
  "a hub": relay,
  "a typed protocol": protocol,
  "reasons of ends: FIN and reset": endings,
  "a refused connection": refused,
  "a unix socket": unix,
  "a drain": drain,
}

let failed = 0
for (const [transport, layer] of Object.entries(transports)) {
  // The network in memory has no TLS.
  const all = transport === "memory" ? checks : { ...checks, TLS: tls }
  for (const [check, program] of Object.entries(all)) {
    const exit = await Effect.runPromiseExit(
      program.pipe(Effect.scoped, Effect.timeout("10 seconds"), Effect.provide(layer)),
    )
    if (exit._tag === "Failure") failed++
    const result =
      exit._tag === "Success" ? "ok" : `failed: ${String(exit.cause).split("\n", 3).join(" ").slice(0, 200)}`
    process.stdout.write(`${transport} | ${check} | ${result}\n`)
  }
}
process.exit(failed)
