import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { command, rowsOf, untilState, unwatchedServerWindow } from "../support/assistants.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

overEachTransport("a command finds the clients that connected and disconnected without a watcher", () =>
  Effect.gen(function* () {
    const { assistant, connect, events } = yield* unwatchedServerWindow()
    const [one, two] = [yield* connect(), yield* connect()]
    yield* assistant.execute(command("rename @2 plc-1"))
    yield* assistant.execute(command("tag @1 line2"))
    yield* assistant.execute(command("send @plc-1,@tag:line2 hello"))
    expect(yield* Testing.receiveText(one)).toBe("hello")
    expect(yield* Testing.receiveText(two)).toBe("hello")
    yield* two.close
    yield* events.first("ConnectionClosed", 1)
    const three = yield* connect()
    expect((yield* Effect.flip(assistant.execute(command("send @plc-1 hello")))).reason).toBe("nobody")
    yield* assistant.execute(command("rename @3 plc-1"))
    yield* assistant.execute(command("send @plc-1 again"))
    expect(yield* Testing.receiveText(three)).toBe("again")
    expect((yield* assistant.state).clients).toBe(2)
    const page = yield* assistant.clients({ from: 0, count: 10 })
    expect(page.rows.map(({ id, name, tags }) => [id, name, ...tags])).toEqual([
      [1, "", "line2"],
      [3, "plc-1"],
    ])
  }).pipe(Effect.scoped),
)

overEachTransport("stopping with `close` also closes clients that no watcher has seen", () =>
  Effect.gen(function* () {
    const { assistant, connect, events } = yield* unwatchedServerWindow()
    yield* connect()
    yield* connect()
    const stopped = yield* assistant.execute({ _tag: "StopListening", clients: "close" })
    expect(stopped).toMatchObject({ _tag: "ListeningStopped", ended: 2 })
    yield* events.first("ConnectionClosed", 2)
    expect((yield* assistant.state).clients).toBe(0)
  }).pipe(Effect.scoped),
)

overEachTransport("a rule for a named client acts on its frames without a watcher", () =>
  Effect.gen(function* () {
    const { assistant, connect } = yield* unwatchedServerWindow({ settings: { frame: Framing.line } })
    const early = yield* connect()
    yield* assistant.execute(command("rename @1 early"))
    yield* assistant.execute(command("rule greeting when contains hello from @early,@2 reply hi ${client.id}"))
    const late = yield* connect()
    for (const [client, answer] of [
      [early, "hi 1"],
      [late, "hi 2"],
    ] as const) {
      yield* client.send(utf8("hello"))
      expect(yield* Testing.receiveText(client)).toBe(answer)
    }
  }).pipe(Effect.scoped),
)

overEachTransport("a watcher sees the connected clients and each change, and the log has nothing from before it", () =>
  Effect.gen(function* () {
    const { assistant, connect, events } = yield* unwatchedServerWindow()
    yield* connect()
    const gone = yield* connect()
    yield* gone.close
    yield* events.first("ConnectionClosed", 1)
    const scope = yield* Scope.make()
    yield* Scope.extend(assistant.log.record, scope)
    const third = yield* connect()
    expect((yield* untilState(assistant, ({ clients }) => clients === 2)).clients).toBe(2)
    yield* third.close
    yield* untilState(assistant, ({ clients }) => clients === 1)
    yield* Scope.close(scope, Exit.void)
    yield* connect()
    expect((yield* assistant.state).clients).toBe(2)
    const texts = (yield* rowsOf(assistant)).map(({ text }) => text?.replace(/ .*/, ""))
    expect(texts).toEqual(["listening", "#3", "#3", "#3"])
  }).pipe(Effect.scoped),
)
