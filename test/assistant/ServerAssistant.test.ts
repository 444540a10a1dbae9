import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Testing } from "../../src/testing/index.ts"
import { command, framesOf, rowsOf, serverWindow, text, untilState } from "../support/assistants.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

overEachTransport("a server window shows whether it listens, and frees its port", () =>
  Effect.gen(function* () {
    const { assistant, endpoint } = yield* serverWindow()
    const state = yield* assistant.state
    expect(state.listening).toBe("listening")
    expect(state.endpoints).toEqual([endpoint])
    const refused = yield* Effect.flip(assistant.execute({ _tag: "Listen", endpoint }))
    expect(refused.reason).toBe("listen")
    expect(refused.field).toBe("port")
    expect(refused.advice).toBeDefined()
    expect((yield* assistant.state).problem?.code).toBe("EADDRINUSE")
    expect(yield* assistant.execute({ _tag: "StopListening" })).toEqual({
      _tag: "ListeningStopped",
      endpoints: [endpoint],
      ended: 0,
    })
    expect((yield* assistant.state).listening).toBe("idle")
    expect(yield* assistant.execute({ _tag: "Listen", endpoint })).toEqual({ _tag: "ListeningOn", endpoint })
    expect((yield* assistant.state).problem).toBeUndefined()
  }).pipe(Effect.scoped),
)

overEachTransport("a payload goes to its recipients, and is one row of the log", () =>
  Effect.gen(function* () {
    const { assistant, connect } = yield* serverWindow()
    const [one, two, three] = [yield* connect(), yield* connect(), yield* connect()]
    yield* assistant.execute(command("rename @2 plc-1"))
    yield* assistant.execute(command("tag @3 line2"))
    expect(yield* assistant.execute(command("send @plc-1,@tag:line2,@nobody hello"))).toEqual({
      _tag: "SentTo",
      to: [2, 3],
      bytes: 5,
      unmatched: ["@nobody"],
    })
    expect(yield* Testing.receiveText(two)).toBe("hello")
    expect(yield* Testing.receiveText(three)).toBe("hello")
    yield* assistant.execute({ _tag: "Send", payload: text("${client.id} ${client.name}") })
    expect(yield* Testing.receiveText(one)).toBe("1 ")
    expect(yield* Testing.receiveText(two)).toBe("2 plc-1")
    yield* assistant.execute({ _tag: "Broadcast", payload: text("all\\n") })
    expect(yield* Testing.receiveText(three)).toBe("3 ")
    expect(yield* Testing.receiveText(three)).toBe("all\n")
    expect(yield* framesOf(assistant)).toEqual(["2>hello", "1>1 ", "2>2 plc-1", "3>3 ", "3>all\\n"])
    const state = yield* assistant.state
    expect(state.traffic).toMatchObject({ framesOut: 8, framesIn: 0 })
    expect(state.clients).toBe(3)
  }).pipe(Effect.scoped),
)

overEachTransport("rows show each received frame with its client, and the reason of each end", () =>
  Effect.gen(function* () {
    const { assistant, connect, events } = yield* serverWindow({ mode: "echo" })
    const client = yield* connect()
    yield* client.send(utf8("a\u0007b"))
    expect(yield* Testing.receiveText(client)).toBe("a\u0007b")
    yield* assistant.execute(command("kick @1"))
    yield* events.first("ConnectionClosed", 1)
    const rows = yield* rowsOf(assistant)
    expect(rows.map(({ kind, text, tone }) => `${kind} ${tone ?? ""} ${text}`)).toEqual([
      expect.stringMatching(/^announcement good listening on 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^announcement good #1 connected from 127\.0\.0\.1:\d+$/),
      "received  a\\ab",
      expect.stringMatching(/^announcement plain #1 closed: kicked; 3 B in, 3 B out/),
    ])
    expect(rows.map(({ row }) => row)).toEqual([0, 1, 2, 3])
  }).pipe(Effect.scoped),
)

overEachTransport("the state is published after each change, and counts the received frames", () =>
  Effect.gen(function* () {
    const { assistant, connect } = yield* serverWindow()
    const client = yield* connect()
    yield* client.send(utf8("hello"))
    const state = yield* untilState(assistant, ({ traffic }) => traffic.bytesIn === 5 && traffic.framesIn === 1)
    expect(state.clients).toBe(1)
  }).pipe(Effect.scoped),
)

overEachTransport("the version of the rows changes with names and encodings, and with nothing else", () =>
  Effect.gen(function* () {
    const { assistant, connect } = yield* serverWindow()
    yield* connect()
    const version = Effect.map(assistant.state, ({ rowsVersion }) => rowsVersion)
    const first = yield* version
    yield* assistant.execute(command("tag @1 line2"))
    yield* assistant.execute(command("send @1 hello"))
    expect(yield* version).toBe(first)
    yield* assistant.execute(command("rename @1 plc-1"))
    const named = yield* version
    expect(named).not.toBe(first)
    yield* assistant.execute(command("encoding @1 gbk in"))
    expect(yield* version).not.toBe(named)
  }).pipe(Effect.scoped),
)
