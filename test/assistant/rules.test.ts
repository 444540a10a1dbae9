import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { emptyProject, ServerAssistant } from "../../src/assistant/index.ts"
import { type ConnectionId, type Assistant as Domain, Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import {
  addRule,
  clientWindow,
  command,
  framesOf,
  greetingRule,
  neverSent,
  overMemory,
  rowsOf,
  serverWindow,
  text,
  untilState,
} from "../support/assistants.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { hex } from "../support/framingSuite.ts"
import { joinBytes } from "../support/properties.ts"
import { string, utf8 } from "../support/texts.ts"

const line = { settings: { frame: Framing.line } }

overEachTransport("a rule answers a frame, and both are in the log, the answer with its name", () =>
  Effect.gen(function* () {
    const { assistant, connect } = yield* serverWindow(line)
    const client = yield* connect()
    yield* addRule(assistant, greetingRule("hi ${client.id}"))
    yield* client.send(utf8("say hello"))
    expect(yield* Testing.receiveText(client)).toBe("hi 1")
    yield* client.send(utf8("nothing"))
    yield* client.send(utf8("hello again"))
    expect(yield* Testing.receiveText(client)).toBe("hi 1")
    expect(yield* framesOf(assistant)).toEqual(["1<say hello", "1>hi 1", "1<nothing", "1<hello again", "1>hi 1"])
    expect((yield* rowsOf(assistant, { direction: "sent" })).map(({ by }) => by)).toEqual(["greeting", "greeting"])
    expect((yield* assistant.state).rules).toMatchObject([{ acted: 2 }])
    yield* assistant.execute({ _tag: "RemoveRule", name: "greeting" })
    yield* client.send(utf8("hello"))
    yield* assistant.execute({ _tag: "Broadcast", payload: text("after") })
    expect(yield* Testing.receiveText(client)).toBe("after")
  }).pipe(Effect.scoped),
)

it.scoped("only the first matching rule acts: its actions run in order and use its captures", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      yield* addRule(assistant, {
        name: "login",
        match: { _tag: "Regex", source: "^ID:([a-z0-9]+);(\\d+)$" },
        actions: [
          { _tag: "Rename", name: "${1}" },
          { _tag: "Tag", tag: "line${2}" },
          { _tag: "Reply", payload: text("OK ${1} ${2}") },
          { _tag: "Reply", payload: { form: "hex", content: "01 03", checksum: { kind: "modbus" } } },
        ],
      })
      yield* addRule(assistant, greetingRule("second", { match: { _tag: "Starts", text: "ID" } }))
      yield* client.send(utf8("ID:plc7;2"))
      expect(yield* Testing.receiveText(client)).toBe("OK plc7 2")
      expect(Option.getOrThrow(yield* client.receive)).toHaveLength(4)
      yield* client.send(utf8("ID?"))
      expect(yield* Testing.receiveText(client)).toBe("second")
      const { rows } = yield* assistant.clients({ from: 0, count: 10 })
      expect(rows[0]).toMatchObject({ name: "plc7", tags: ["line2"] })
    }),
  ),
)

it.scoped("a rule tests only the frames of its clients, and can match hex with wildcards", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const [one, two] = [yield* connect(), yield* connect()]
      yield* assistant.execute(command("tag @2 meter"))
      yield* addRule(
        assistant,
        greetingRule("for meters", { from: "@tag:meter", match: { _tag: "Hex", pattern: "78 ?? 01 *" } }),
      )
      yield* one.send(Uint8Array.of(0x78, 0x33, 0x01))
      yield* two.send(Uint8Array.of(0x78, 0x33, 0x01, 0x99))
      expect(yield* Testing.receiveText(two)).toBe("for meters")
      yield* assistant.execute({ _tag: "Broadcast", payload: text("end") })
      expect(yield* Testing.receiveText(one)).toBe("end")
    }),
  ),
)

const gt06Rule =
  'rule login when hex "78 78 ?? 01 *" reply hex checksum=crc16-x25 order=big from=2 to=-4 at=-4 78 78 05 01 ${bytes:12-13} 00 00 0D 0A'
const login = (serial: string) => hex(`7878 0d 01 0123456789012345 ${serial} 0000 0d0a`)

overEachTransport("one rule answers three logins of a GT06 tracker in one read, each with its own serial number", () =>
  Effect.gen(function* () {
    const frame = Framing.lengthPrefixed({ field: "u8", offset: 2, adjust: 2 })
    const { assistant, connect, events } = yield* serverWindow({ settings: { frame } })
    yield* assistant.execute(command(gt06Rule))
    const tracker = yield* connect({ frame: Framing.raw })
    yield* tracker.send(joinBytes([login("0001"), login("0002"), login("a1b2")]))
    const expected = ["0001 d9dc", "0002 eb47", "a1b2 e8eb"].map((text) => hex(`7878 05 01 ${text} 0d0a`))
    expect(yield* Testing.receiveBytes(tracker, 30)).toEqual(joinBytes(expected))
    expect(events.all("FrameReceived").map(({ bytes }) => bytes.length)).toEqual([18, 18, 18])
    expect((yield* assistant.state).rules).toMatchObject([{ acted: 3 }])
    yield* tracker.send(hex("7878 02 01 ff 0d0a"))
    const { rules } = yield* untilState(assistant, (state) => state.rules[0]?.problem !== undefined)
    expect(rules[0]?.problem).toBe(
      "${bytes:12-13} has no value here: the frame has fewer bytes, or there is none, at character 13",
    )
  }).pipe(Effect.scoped),
)

it.scoped("a delayed reply has the bytes of its own frame", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      yield* assistant.execute(command("rule later when starts n after 1s reply text got ${bytes:1}"))
      yield* client.send(utf8("n1"))
      yield* client.send(utf8("n2"))
      while ((yield* framesOf(assistant)).length < 2) yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      // Both are due at the same time, in either order.
      const replies = [yield* Testing.receiveText(client), yield* Testing.receiveText(client)]
      expect(replies.sort()).toEqual(["got 1", "got 2"])
    }),
  ),
)

it.scoped("a rule acts after its delay, and switches itself off after its count", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      yield* addRule(assistant, greetingRule("late", { delay: 2000, count: 2 }))
      for (let count = 0; count < 3; count++) yield* client.send(utf8("hello"))
      while ((yield* framesOf(assistant)).length < 3) yield* Effect.yieldNow()
      yield* TestClock.adjust("1999 millis")
      expect((yield* framesOf(assistant)).filter((row) => row.includes(">"))).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(yield* Testing.receiveText(client)).toBe("late")
      expect(yield* Testing.receiveText(client)).toBe("late")
      expect((yield* assistant.state).rules).toMatchObject([{ acted: 2, rule: { enabled: false } }])
      expect((yield* rowsOf(assistant, { direction: "sent" })).map(({ by }) => by)).toEqual(["greeting", "greeting"])
    }),
  ),
)

it.scoped("rules close and reset connections after their replies", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const [one, two] = [yield* connect(), yield* connect()]
      yield* addRule(assistant, {
        name: "bye",
        match: { _tag: "Equals", text: "bye" },
        actions: [{ _tag: "Reply", payload: text("see you") }, { _tag: "Close" }],
      })
      yield* addRule(assistant, { name: "die", match: { _tag: "Equals", text: "die" }, actions: [{ _tag: "Reset" }] })
      yield* one.send(utf8("bye"))
      expect(yield* Testing.receiveText(one)).toBe("see you")
      expect((yield* one.closed).reason._tag).toBe("PeerClosed")
      expect(yield* framesOf(assistant, { clients: [1 as ConnectionId] })).toEqual(["1<bye", "1>see you"])
      yield* two.send(utf8("die"))
      expect((yield* two.closed).reason._tag).toBe("PeerReset")
    }),
  ),
)

it.scoped("a rule that cannot act shows its problem, and ends no connection", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const [one, two] = [yield* connect(), yield* connect()]
      yield* assistant.execute(command("rename @1 taken"))
      yield* addRule(assistant, greetingRule("two\\nlines"))
      yield* addRule(assistant, {
        name: "name",
        match: { _tag: "Equals", text: "name" },
        actions: [{ _tag: "Rename", name: "taken" }],
      })
      yield* two.send(utf8("hello"))
      yield* two.send(utf8("name"))
      while ((yield* assistant.state).rules.some(({ problem }) => problem === undefined)) yield* Effect.yieldNow()
      expect((yield* assistant.state).rules.map(({ problem }) => problem)).toEqual([
        expect.stringMatching(/line end/),
        `#1 has the name "taken"`,
      ])
      yield* assistant.execute({ _tag: "Broadcast", payload: text("alive") })
      expect(yield* Testing.receiveText(two)).toBe("alive")
      expect(yield* Testing.receiveText(one)).toBe("alive")
    }),
  ),
)

it.scoped("invalid rules are refused, and a malicious expression blocks nothing", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const refused = (rule: Domain.Rule) => Effect.flip(addRule(assistant, rule))
      expect(yield* refused(greetingRule("x", { match: { _tag: "Regex", source: "(" } }))).toMatchObject({
        field: "match",
      })
      expect(yield* refused(greetingRule("x", { match: { _tag: "Hex", pattern: "zz" } }))).toMatchObject({
        field: "match",
      })
      expect(yield* refused(greetingRule("x", { name: " " }))).toMatchObject({ reason: "value", field: "name" })
      expect(yield* refused(greetingRule("x", { name: "\u202eeulb" }))).toMatchObject({
        reason: "value",
        field: "name",
      })
      expect(yield* refused(greetingRule("x", { from: "@" }))).toMatchObject({ reason: "syntax" })
      expect(
        yield* refused(greetingRule("x", { actions: [{ _tag: "Reply", payload: { form: "file", content: "/no" } }] })),
      ).toMatchObject({ reason: "file" })
      for (const [payload, field] of neverSent) {
        expect(yield* refused(greetingRule("x", { actions: [{ _tag: "Reply", payload }] }))).toMatchObject({ field })
      }
      expect(yield* refused(greetingRule("x", { actions: [{ _tag: "Tag", tag: "" }] }))).toMatchObject({ field: "tag" })
      expect(yield* refused(greetingRule("x", { actions: [{ _tag: "Rename", name: "@a" }] }))).toMatchObject({
        field: "name",
      })
      expect(yield* Effect.flip(assistant.execute({ _tag: "RemoveRule", name: "x" }))).toMatchObject({
        reason: "unknown",
      })
      yield* addRule(assistant, greetingRule("evil", { match: { _tag: "Regex", source: "^(a+)+$" } }))
      const client = yield* connect()
      yield* client.send(utf8(`${"a".repeat(50_000)}!`))
      yield* client.send(utf8("aa"))
      expect(yield* Testing.receiveText(client)).toBe("evil")
    }),
  ),
)

it.scoped("a rule acts in addition to the mode: the broker relays, and the rule replies", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow({ ...line, mode: "broker" })
      const [one, two] = [yield* connect(), yield* connect()]
      yield* addRule(assistant, greetingRule("hi"))
      yield* one.send(utf8("hello all"))
      expect(yield* Testing.receiveText(two)).toBe("hello all")
      expect(yield* Testing.receiveText(one)).toBe("hi")
    }),
  ),
)

it.scoped("the rules of a client window reply to its server", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant: server, endpoint } = yield* serverWindow(line)
      const client = yield* clientWindow(line)
      yield* client.execute({ _tag: "Connect", endpoint })
      yield* addRule(client, greetingRule("here ${1}", { match: { _tag: "Regex", source: "who (\\w+)" } }))
      yield* server.execute({ _tag: "Broadcast", payload: text("who are you") })
      while ((yield* framesOf(server)).length < 2) yield* Effect.yieldNow()
      expect(yield* framesOf(server)).toEqual(["1>who are you", "1<here are"])
      expect((yield* rowsOf(client, { direction: "sent" })).map(({ by }) => by)).toEqual(["greeting"])
    }),
  ),
)

it.scoped(
  "rules act together with a program of a client window, and are refused with a handler of a server window",
  () =>
    overMemory(
      Effect.gen(function* () {
        const taken: Array<string> = []
        const { assistant: server, endpoint } = yield* serverWindow(line)
        const client = yield* clientWindow({
          ...line,
          converse: (connection, askRules) =>
            connection.runForEach((frame) => {
              taken.push(string(frame))
              return askRules(frame)
            }),
        })
        yield* addRule(client, greetingRule("hi"))
        yield* client.execute({ _tag: "Connect", endpoint })
        yield* addRule(
          server,
          greetingRule("never", { match: { _tag: "Equals", text: "hi" }, actions: [{ _tag: "Tag", tag: "met" }] }),
        )
        yield* server.execute({ _tag: "Broadcast", payload: text("hello") })
        while ((yield* server.state).rules[0]?.acted !== 1) yield* Effect.yieldNow()
        expect(taken).toEqual(["hello"])
        const owned = yield* ServerAssistant.make({ handler: () => Effect.void })
        expect(yield* Effect.flip(addRule(owned, greetingRule("x")))).toMatchObject({ reason: "forbidden" })
        expect(yield* Effect.flip(owned.loadProject({ ...emptyProject, rules: [greetingRule("x")] }))).toMatchObject({
          reason: "forbidden",
        })
      }),
    ),
)
