// Connects, breaks and closes again and again. Prints resources before and after. Usage: soak CYCLES, with --expose-gc.
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "../../../src/client/index.ts"
import { Framing, tcpEndpoint } from "../../../src/domain/index.ts"
import { Handler, Server } from "../../../src/server/index.ts"
import { turns } from "../../../src/testing/turns.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { Chance } from "../../support/stressSeeds.ts"
import { footprint } from "./footprint.ts"
import { sockets } from "./sockets.ts"

const cycles = Number(process.argv[2])
const atOnce = 50

const utf8 = (text: string) => new TextEncoder().encode(text)

const program = Effect.gen(function* () {
  const chance = new Chance(5000)
  const settings = { frame: Framing.line, hubBudget: 1024 ** 3 }
  const relays = yield* Server.make({ handler: Handler.broker("close"), settings })
  const answers = yield* Server.make({
    handler: (connection) => Stream.runForEach(connection.frames, (frame) => connection.send(frame)),
    settings,
  })
  const client = yield* Client.make({ frame: Framing.line })
  const endpoints = yield* Effect.forEach([relays, answers], (server) =>
    Effect.map(server.listen(tcpEndpoint("127.0.0.1", 0)), ({ endpoint }) => ({ server, endpoint })),
  )
  let closed = 0
  for (const { server } of endpoints) {
    const events = yield* server.subscribeEvents()
    yield* Effect.forkScoped(
      Stream.runForEach(events, (event) =>
        Effect.sync(() => {
          if (event._tag === "ConnectionClosed") closed++
        }),
      ),
    )
  }

  const cycle = Effect.gen(function* () {
    const { endpoint } = endpoints[chance.below(2)] ?? (yield* Effect.dieMessage("no server"))
    if (chance.percent(30)) {
      const connection = yield* client.connect(endpoint)
      yield* connection.send(utf8("from a client"))
      if (chance.percent(50)) yield* connection.close
      return
    }
    const peer = yield* dialRaw(endpoint, { reads: chance.percent(80) })
    yield* peer.send("a line\nand a part")
    if (chance.percent(30)) yield* turns(chance.below(3))
    const way = chance.below(4)
    if (way === 1) yield* peer.halfClose
    if (way === 2) yield* peer.reset
    if (way === 3) yield* peer.send(new Uint8Array(256 * 1024))
    // The end of the scope ends the remaining connections.
  }).pipe(Effect.scoped)
  const run = (count: number) => {
    const until = closed + count
    return Effect.zipRight(
      Effect.forEach(Array.from({ length: count }), () => cycle, { concurrency: atOnce, discard: true }),
      Effect.iterate(0, { while: () => closed < until, body: () => Effect.as(turns(1), 0) }),
    )
  }

  // The first connections create things that exist once: code, tables, buffers of the allocator.
  yield* run(1000)
  const before = yield* footprint
  yield* run(cycles)
  const after = yield* footprint
  process.stdout.write(`${JSON.stringify({ closed, before, after })}\n`)
})

const running = Effect.runFork(Effect.scoped(Effect.provide(program, sockets)))
process.stdin.on("end", () => running.unsafeInterruptAsFork(running.id()))
running.addObserver(() => process.stdin.destroy())
