import { expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Client } from "../../src/client/index.ts"
import { Framing, type ServerEvent, tcpEndpoint } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"

const text = (s: string) => new TextEncoder().encode(s)
const program = Effect.gen(function* () {
  const server = yield* Server.make({ handler: Handler.broker(), settings: { frame: Framing.line } })
  const events = yield* server.subscribe({ frames: true })
  const listener = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
  const client = yield* Client.make({ frame: Framing.line })
  const a = yield* client.connect(listener.endpoint)
  const b = yield* client.connect(listener.endpoint)
  yield* events.pipe(
    Stream.filter((e) => e._tag === "ConnectionOpened"),
    Stream.take(2),
    Stream.runDrain,
  )
  yield* a.send(text("hello"))
  const got = yield* b.receive
  expect(new TextDecoder().decode(Option.getOrThrow(got))).toBe("hello")
  yield* b.send(text("back"))
  expect(new TextDecoder().decode(Option.getOrThrow(yield* a.receive))).toBe("back")
  const drained = yield* Effect.fork(server.drain)
  expect(Option.isNone(yield* a.receive)).toBe(true)
  yield* a.close
  yield* b.close
  const result = yield* drained
  const rest = yield* Stream.runCollect(Stream.takeUntil(events, (e: ServerEvent) => e._tag === "DrainFinished"))
  return { result, tags: Chunk.toReadonlyArray(rest) }
})
it.scopedLive("node", () => Effect.map(program, (x) => console.log(x.tags)).pipe(Effect.provide(NodeTransport.layer)))
it.scoped("memory", () =>
  Effect.map(program, (x) => console.log(x.tags.map((t) => t._tag).join(" "))).pipe(
    Effect.provide(MemoryTransport.layer()),
  ),
)
