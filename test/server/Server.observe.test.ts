import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { type ConnectionId, Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

overEachTransport("an observer sees events, runs and payloads in their order, until its scope closes", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* Testing.serve({
      handler: Handler.reply(utf8("ok")),
      settings: { frame: Framing.line },
    })
    const seen: Array<string> = []
    const scope = yield* Scope.make()
    yield* Scope.extend(
      server.observe({
        onEvent: (event) => seen.push(event._tag),
        onRun: (id, run) => seen.push(`${id} < ${string(run)}`),
        onSent: (to, payload) => seen.push(`${to.join()} > ${string(payload)}`),
      }),
      scope,
    )
    const client = yield* connect()
    yield* client.send(utf8("one"))
    expect(yield* Testing.receiveText(client)).toBe("ok")
    expect(seen).toEqual(["ConnectionOpened", "1 < one\n", "1 > ok"])
    yield* Scope.close(scope, Exit.void)
    yield* client.close
    yield* events.first("ConnectionClosed", 1)
    expect(seen).toHaveLength(3)
  }).pipe(Effect.scoped),
)

overEachTransport("an observer of the server's own events gets none of connections", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* Testing.serve({ handler: Handler.echo() })
    const seen: Array<string> = []
    yield* server.observe({ onOwnEvent: (event) => void seen.push(event._tag) })
    const client = yield* connect()
    yield* client.close
    yield* events.first("ConnectionClosed", 1)
    expect(yield* server.counts).toEqual({ opened: 1, closed: 1, refused: 0, unused: 1 })
    yield* server.drain
    expect(seen).toEqual(["ListenStopped", "DrainStarted", "DrainFinished"])
  }).pipe(Effect.scoped),
)

overEachTransport("an observer that throws is called no more, is logged once, and breaks no connection", () =>
  Effect.gen(function* () {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ message }) => void logged.push(message))
    yield* Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.echo() })
      let calls = 0
      let others = 0
      yield* server.observe({
        onRun: () => {
          calls++
          throw new Error("broken")
        },
      })
      yield* server.observe({ onRun: () => void others++ })
      const client = yield* connect()
      for (const text of ["a", "b", "c"]) {
        yield* client.send(utf8(text))
        expect(yield* Testing.receiveText(client)).toBe(text)
      }
      expect(calls).toBe(1)
      expect(others).toBe(3)
      expect(logged).toHaveLength(1)
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  }).pipe(Effect.scoped),
)

overEachTransport(
  "an observer gets the bytes that a broker relays or an echo returns as received, and not as sent",
  () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: Handler.broker() })
      const received: Array<string> = []
      const sent: Array<string> = []
      yield* server.observe({
        onRun: (_id, run) => received.push(string(run)),
        onSent: (_to, payload) => sent.push(string(payload)),
      })
      const one = yield* connect()
      const other = yield* connect()
      yield* one.send(utf8("hello"))
      expect(yield* Testing.receiveText(other)).toBe("hello")
      yield* server.broadcast(utf8("all"))
      expect(yield* Testing.receiveText(other)).toBe("all")
      expect(received).toEqual(["hello"])
      expect(sent).toEqual(["all"])
    }).pipe(Effect.scoped),
)

overEachTransport("a payload for some connections is one FrameSent, and reaches those alone", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* Testing.serve({
      handler: Handler.discard(),
      settings: { frame: Framing.line },
    })
    const clients = [yield* connect(), yield* connect(), yield* connect()]
    const ids = (yield* server.connections).map(({ id }) => id)
    const gone = 99 as ConnectionId
    expect(yield* server.sendTo([ids[0], ids[2], gone] as Array<ConnectionId>, utf8("x"))).toEqual([ids[0], ids[2]])
    expect((yield* events.first("FrameSent", 1))[0]?.to).toEqual([ids[0], ids[2]])
    expect(yield* Testing.receiveText(clients[0] as (typeof clients)[0])).toBe("x")
    yield* server.sendTo([ids[1]] as Array<ConnectionId>, utf8("y"))
    expect(yield* Testing.receiveText(clients[1] as (typeof clients)[0])).toBe("y")
    const refused = yield* Effect.flip(server.sendTo(ids, utf8("two\nlines")))
    expect(refused._tag).toBe("InvalidPayloadError")
  }).pipe(Effect.scoped),
)

overEachTransport("a peer that takes nothing is not sent to without bound", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* Testing.serve({
      handler: Handler.discard(),
      settings: { hubBudget: 1024 * 1024 },
    })
    yield* connect({ inbox: 1024 })
    const ids = (yield* server.connections).map(({ id }) => id)
    const payload = new Uint8Array(1024 * 1024)
    for (let count = 0; count < 100; count++) yield* server.sendTo(ids, payload)
    expect((yield* events.first("ConnectionClosed", 1))[0]?.reason._tag).toBe("SlowConsumer")
    expect(yield* server.sendTo(ids, payload)).toEqual([])
  }).pipe(Effect.scoped),
)

overEachTransport("a paused connection is not read until it is resumed, and bytes that came before are delivered", () =>
  Effect.gen(function* () {
    const runs: Array<string> = []
    const { connect, server } = yield* Testing.serve({ handler: Handler.echo() })
    yield* server.observe({ onRun: (_id, run) => runs.push(string(run)) })
    const client = yield* connect()
    const other = yield* connect()
    const [id] = (yield* server.connections).map((one) => one.id)
    yield* client.send(utf8("before"))
    expect(yield* Testing.receiveText(client)).toBe("before")
    yield* server.pauseReading(id as ConnectionId)
    expect((yield* server.connection(id as ConnectionId)).paused).toBe(true)
    yield* client.send(utf8("meanwhile"))
    // The server has read the other connection, so it could have read the first one.
    yield* other.send(utf8("other"))
    expect(yield* Testing.receiveText(other)).toBe("other")
    expect(runs).toEqual(["before", "other"])
    yield* server.resumeReading(id as ConnectionId)
    expect(yield* Testing.receiveText(client)).toBe("meanwhile")
    expect((yield* server.connection(id as ConnectionId)).paused).toBe(false)
  }).pipe(Effect.scoped),
)

overEachTransport("a client pauses its own reading", () =>
  Effect.gen(function* () {
    const { connect, server } = yield* Testing.serve({ handler: Handler.discard() })
    const client = yield* connect()
    yield* client.pause
    yield* server.broadcast(utf8("x"))
    yield* client.resume
    expect(yield* Testing.receiveText(client)).toBe("x")
    expect(Option.isNone(yield* server.lastHeard)).toBe(true)
    yield* client.send(utf8("y"))
  }).pipe(Effect.scoped),
)

overEachTransport("the traffic of a server includes connections that have ended", () =>
  Effect.gen(function* () {
    const { connect, events, server } = yield* Testing.serve({ handler: Handler.echo() })
    for (const text of ["abc", "de"]) {
      const client = yield* connect()
      yield* client.send(utf8(text))
      expect(yield* Testing.receiveText(client)).toBe(text)
      yield* client.close
    }
    yield* events.first("ConnectionClosed", 2)
    const client = yield* connect()
    yield* client.send(utf8("f"))
    expect(yield* Testing.receiveText(client)).toBe("f")
    expect(yield* server.traffic).toEqual({ bytesIn: 6, bytesOut: 6 })
    expect(yield* server.lastHeard).toEqual(Option.some(3))
  }).pipe(Effect.scoped),
)
