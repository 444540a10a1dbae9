import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Assistant, emptyProject, ServerAssistant } from "../../src/assistant/index.ts"
import { type ConnectionId, type Assistant as Domain, Framing } from "../../src/domain/index.ts"
import {
  clientWindow,
  command,
  framesOf,
  neverSent,
  overMemory,
  rowsOf,
  serverWindow,
  text,
  untilState,
} from "../support/assistants.ts"
import { hex } from "../support/framingSuite.ts"
import { joinBytes } from "../support/properties.ts"
import { overEachTransport, receiveBytes, receiveText, string, utf8 } from "../support/serving.ts"

const line = { settings: { frame: Framing.line } }

const add = (assistant: Assistant, rule: Domain.Rule) => assistant.execute({ _tag: "AddRule", rule })

const reply = (content: string, more: Partial<Domain.Rule> = {}): Domain.Rule => ({
  name: "greeting",
  match: { _tag: "Contains", text: "hello" },
  actions: [{ _tag: "Reply", payload: text(content) }],
  ...more,
})

overEachTransport("a rule answers a frame, and both are in the log, the answer with its name", () =>
  Effect.gen(function* () {
    const { assistant, connect } = yield* serverWindow(line)
    const client = yield* connect()
    yield* add(assistant, reply("hi ${client.id}"))
    yield* client.send(utf8("say hello"))
    expect(yield* receiveText(client)).toBe("hi 1")
    yield* client.send(utf8("nothing"))
    yield* client.send(utf8("hello again"))
    expect(yield* receiveText(client)).toBe("hi 1")
    expect(yield* framesOf(assistant)).toEqual(["1<say hello", "1>hi 1", "1<nothing", "1<hello again", "1>hi 1"])
    expect((yield* rowsOf(assistant, { direction: "sent" })).map(({ by }) => by)).toEqual(["greeting", "greeting"])
    expect((yield* assistant.state).rules).toMatchObject([{ acted: 2 }])
    yield* assistant.execute({ _tag: "RemoveRule", name: "greeting" })
    yield* client.send(utf8("hello"))
    yield* assistant.execute({ _tag: "Broadcast", payload: text("after") })
    expect(yield* receiveText(client)).toBe("after")
  }).pipe(Effect.scoped),
)

it.scoped("only the first matching rule acts: its actions run in order and use its captures", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      yield* add(assistant, {
        name: "login",
        match: { _tag: "Regex", source: "^ID:([a-z0-9]+);(\\d+)$" },
        actions: [
          { _tag: "Rename", name: "${1}" },
          { _tag: "Tag", tag: "line${2}" },
          { _tag: "Reply", payload: text("OK ${1} ${2}") },
          { _tag: "Reply", payload: { form: "hex", content: "01 03", checksum: { kind: "modbus" } } },
        ],
      })
      yield* add(assistant, reply("second", { match: { _tag: "Starts", text: "ID" } }))
      yield* client.send(utf8("ID:plc7;2"))
      expect(yield* receiveText(client)).toBe("OK plc7 2")
      expect(Option.getOrThrow(yield* client.receive)).toHaveLength(4)
      yield* client.send(utf8("ID?"))
      expect(yield* receiveText(client)).toBe("second")
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
      yield* add(assistant, reply("for meters", { from: "@tag:meter", match: { _tag: "Hex", pattern: "78 ?? 01 *" } }))
      yield* one.send(Uint8Array.of(0x78, 0x33, 0x01))
      yield* two.send(Uint8Array.of(0x78, 0x33, 0x01, 0x99))
      expect(yield* receiveText(two)).toBe("for meters")
      yield* assistant.execute({ _tag: "Broadcast", payload: text("end") })
      expect(yield* receiveText(one)).toBe("end")
    }),
  ),
)

const gt06Rule =
  'rule login when hex "78 78 ?? 01 *" reply hex checksum=crc16-x25 order=big from=2 to=-4 at=-4 78 78 05 01 ${bytes:12-13} 00 00 0D 0A'
const login = (serial: string) => hex(`7878 0d 01 0123456789012345 ${serial} 0000 0d0a`)

overEachTransport("one rule answers three logins of a GT06 tracker in one read, each with its own serial number", () =>
  Effect.gen(function* () {
    const frame = Framing.lengthPrefix({ field: "u8", offset: 2, adjust: 2 })
    const { assistant, connect, events } = yield* serverWindow({ settings: { frame } })
    yield* assistant.execute(command(gt06Rule))
    const tracker = yield* connect({ frame: Framing.raw })
    yield* tracker.send(joinBytes([login("0001"), login("0002"), login("a1b2")]))
    const expected = ["0001 d9dc", "0002 eb47", "a1b2 e8eb"].map((text) => hex(`7878 05 01 ${text} 0d0a`))
    expect((yield* receiveBytes(tracker, 30)).toString("hex")).toBe(Buffer.from(joinBytes(expected)).toString("hex"))
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
      const replies = [yield* receiveText(client), yield* receiveText(client)]
      expect(replies.sort()).toEqual(["got 1", "got 2"])
    }),
  ),
)

it.scoped("a rule acts after its delay, and switches itself off after its count", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      yield* add(assistant, reply("late", { delay: 2000, count: 2 }))
      for (let count = 0; count < 3; count++) yield* client.send(utf8("hello"))
      while ((yield* framesOf(assistant)).length < 3) yield* Effect.yieldNow()
      yield* TestClock.adjust("1999 millis")
      expect((yield* framesOf(assistant)).filter((row) => row.includes(">"))).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(yield* receiveText(client)).toBe("late")
      expect(yield* receiveText(client)).toBe("late")
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
      yield* add(assistant, {
        name: "bye",
        match: { _tag: "Equals", text: "bye" },
        actions: [{ _tag: "Reply", payload: text("see you") }, { _tag: "Close" }],
      })
      yield* add(assistant, { name: "die", match: { _tag: "Equals", text: "die" }, actions: [{ _tag: "Reset" }] })
      yield* one.send(utf8("bye"))
      expect(yield* receiveText(one)).toBe("see you")
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
      yield* add(assistant, reply("two\\nlines"))
      yield* add(assistant, {
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
      expect(yield* receiveText(two)).toBe("alive")
      expect(yield* receiveText(one)).toBe("alive")
    }),
  ),
)

it.scoped("invalid rules are refused, and a malicious expression blocks nothing", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const refused = (rule: Domain.Rule) => Effect.flip(add(assistant, rule))
      expect(yield* refused(reply("x", { match: { _tag: "Regex", source: "(" } }))).toMatchObject({ field: "match" })
      expect(yield* refused(reply("x", { match: { _tag: "Hex", pattern: "zz" } }))).toMatchObject({ field: "match" })
      expect(yield* refused(reply("x", { name: " " }))).toMatchObject({ reason: "value", field: "name" })
      expect(yield* refused(reply("x", { name: "\u202eeulb" }))).toMatchObject({ reason: "value", field: "name" })
      expect(yield* refused(reply("x", { from: "@" }))).toMatchObject({ reason: "syntax" })
      expect(
        yield* refused(reply("x", { actions: [{ _tag: "Reply", payload: { form: "file", content: "/no" } }] })),
      ).toMatchObject({ reason: "file" })
      for (const [payload, field] of neverSent) {
        expect(yield* refused(reply("x", { actions: [{ _tag: "Reply", payload }] }))).toMatchObject({ field })
      }
      expect(yield* refused(reply("x", { actions: [{ _tag: "Tag", tag: "" }] }))).toMatchObject({ field: "tag" })
      expect(yield* refused(reply("x", { actions: [{ _tag: "Rename", name: "@a" }] }))).toMatchObject({ field: "name" })
      expect(yield* Effect.flip(assistant.execute({ _tag: "RemoveRule", name: "x" }))).toMatchObject({
        reason: "unknown",
      })
      yield* add(assistant, reply("evil", { match: { _tag: "Regex", source: "^(a+)+$" } }))
      const client = yield* connect()
      yield* client.send(utf8(`${"a".repeat(50_000)}!`))
      yield* client.send(utf8("aa"))
      expect(yield* receiveText(client)).toBe("evil")
    }),
  ),
)

it.scoped("a rule acts in addition to the mode: the broker relays, and the rule replies", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow({ ...line, mode: "broker" })
      const [one, two] = [yield* connect(), yield* connect()]
      yield* add(assistant, reply("hi"))
      yield* one.send(utf8("hello all"))
      expect(yield* receiveText(two)).toBe("hello all")
      expect(yield* receiveText(one)).toBe("hi")
    }),
  ),
)

it.scoped("the rules of a client window reply to its server", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant: server, endpoint } = yield* serverWindow(line)
      const client = yield* clientWindow(line)
      yield* client.execute({ _tag: "Connect", endpoint })
      yield* add(client, reply("here ${1}", { match: { _tag: "Regex", source: "who (\\w+)" } }))
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
        yield* add(client, reply("hi"))
        yield* client.execute({ _tag: "Connect", endpoint })
        yield* add(
          server,
          reply("never", { match: { _tag: "Equals", text: "hi" }, actions: [{ _tag: "Tag", tag: "met" }] }),
        )
        yield* server.execute({ _tag: "Broadcast", payload: text("hello") })
        while ((yield* server.state).rules[0]?.acted !== 1) yield* Effect.yieldNow()
        expect(taken).toEqual(["hello"])
        const owned = yield* ServerAssistant.make({ handler: () => Effect.void })
        expect(yield* Effect.flip(add(owned, reply("x")))).toMatchObject({ reason: "forbidden" })
        expect(yield* Effect.flip(owned.loadProject({ ...emptyProject, rules: [reply("x")] }))).toMatchObject({
          reason: "forbidden",
        })
      }),
    ),
)

it.scoped("a repeat sends at once and at each interval, without drift, up to its count", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      const started = yield* assistant.execute({
        _tag: "Repeat",
        payload: text("tick ${counter}"),
        interval: 100,
        count: 4,
      })
      expect(started).toEqual({ _tag: "RepeatStarted", repeat: 1 })
      expect(yield* receiveText(client)).toBe("tick 1")
      for (const number of [2, 3]) {
        yield* TestClock.adjust("100 millis")
        expect(yield* receiveText(client)).toBe(`tick ${number}`)
      }
      expect((yield* assistant.state).repeats).toMatchObject([{ repeat: 1, sent: 3, of: 4, intervalMillis: 100 }])
      yield* TestClock.adjust("100 millis")
      expect(yield* receiveText(client)).toBe("tick 4")
      expect((yield* assistant.state).repeats).toEqual([])
      const rows = yield* rowsOf(assistant, { direction: "sent" })
      expect(rows.map(({ at, by }) => [at, by])).toEqual([0, 100, 200, 300].map((at) => [at, "repeat 1"]))
    }),
  ),
)

it.scoped("a repeat without clients shows its problem and continues, until it is cancelled", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      yield* assistant.execute({ _tag: "Repeat", payload: text("tick"), interval: 1000 })
      yield* TestClock.adjust("3 seconds")
      expect((yield* assistant.state).repeats).toMatchObject([{ sent: 0, problem: "no client is connected" }])
      const client = yield* connect()
      yield* TestClock.adjust("1 second")
      expect(yield* receiveText(client)).toBe("tick")
      const [repeat] = (yield* assistant.state).repeats
      expect(repeat).toMatchObject({ sent: 1 })
      expect(repeat?.problem).toBeUndefined()
      yield* assistant.execute({ _tag: "Repeat", payload: text("tock"), interval: 1000 })
      expect(yield* assistant.execute({ _tag: "Cancel", repeat: 1 })).toEqual({ _tag: "Cancelled", repeats: [1] })
      expect(yield* assistant.execute({ _tag: "Cancel" })).toEqual({ _tag: "Cancelled", repeats: [2] })
      expect((yield* assistant.state).repeats).toEqual([])
      expect(yield* Effect.flip(assistant.execute({ _tag: "Cancel", repeat: 7 }))).toMatchObject({ reason: "unknown" })
      expect(
        yield* Effect.flip(assistant.execute({ _tag: "Repeat", payload: { form: "hex", content: "x" }, interval: 10 })),
      ).toMatchObject({ reason: "payload" })
    }),
  ),
)

it.scoped("a project is loaded at the start, as a whole or not at all, and can be read back", () =>
  overMemory(
    Effect.gen(function* () {
      const project = {
        rules: [reply("hi")],
        repeats: [{ _tag: "Repeat" as const, payload: text("tick"), interval: 1000 }],
        macros: [{ name: "m", payload: text("macro") }],
      }
      const { assistant, connect } = yield* serverWindow({ ...line, project })
      const client = yield* connect()
      yield* client.send(utf8("hello"))
      expect(yield* receiveText(client)).toBe("hi")
      yield* assistant.execute({ _tag: "RunMacro", name: "m" })
      expect(yield* receiveText(client)).toBe("macro")
      yield* TestClock.adjust("1 second")
      expect(yield* receiveText(client)).toBe("tick")
      expect(yield* assistant.project).toEqual(project)
      const broken = { ...project, rules: [reply("x", { match: { _tag: "Regex", source: "(" } })], macros: [] }
      expect(yield* Effect.flip(assistant.loadProject(broken))).toMatchObject({ field: "match" })
      expect(yield* assistant.project).toEqual(project)
      yield* assistant.loadProject(emptyProject)
      expect(yield* assistant.project).toEqual(emptyProject)
    }),
  ),
)

it.scoped("a project that is loaded again sends nothing twice, and ends the repeats that it does not have", () =>
  overMemory(
    Effect.gen(function* () {
      const every = (content: string) => ({ _tag: "Repeat" as const, payload: text(content), interval: 1000 })
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      const repeats = [every("a"), every("b"), every("b")]
      const numbers = Effect.map(assistant.state, (state) => state.repeats.map(({ repeat }) => repeat))
      const receiveSome = (count: number) =>
        Effect.map(Effect.replicateEffect(receiveText(client), count), (texts) => texts.sort())
      yield* assistant.loadProject({ ...emptyProject, repeats })
      expect(yield* receiveSome(3)).toEqual(["a", "b", "b"])
      yield* assistant.loadProject({ ...emptyProject, repeats })
      expect(yield* numbers).toEqual([1, 2, 3])
      yield* TestClock.adjust("1 second")
      expect(yield* receiveSome(3)).toEqual(["a", "b", "b"])

      yield* assistant.loadProject({ ...emptyProject, repeats: [every("b"), every("c")] })
      expect(yield* numbers).toEqual([2, 4])
      expect(yield* receiveSome(1)).toEqual(["c"])
      yield* TestClock.adjust("1 second")
      expect(yield* receiveSome(2)).toEqual(["b", "c"])
    }),
  ),
)

it.scoped("delayed actions end with their client and their rule, and one client cannot use all places", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect, events } = yield* serverWindow(line)
      const [flooding, other] = [yield* connect(), yield* connect()]
      const problems = Effect.map(assistant.state, ({ rules }) => rules.map(({ problem }) => problem))
      yield* add(assistant, reply("late", { delay: 1500 }))
      yield* flooding.sendAll(Stream.repeatValue(utf8("hello")).pipe(Stream.take(1001)))
      while ((yield* assistant.state).rules[0]?.acted !== 1001) yield* Effect.yieldNow()
      expect(yield* problems).toEqual(["1000 actions for one client are already waiting; this one was dropped"])
      yield* flooding.close
      yield* events.first("ConnectionClosed", 1)
      // An action that is cancelled with its rule does not run for the replacing rule.
      yield* other.send(utf8("hello"))
      while ((yield* assistant.state).rules[0]?.acted !== 1002) yield* Effect.yieldNow()
      yield* add(assistant, reply("soon", { delay: 1000 }))
      yield* other.send(utf8("hello"))
      while ((yield* assistant.state).rules[0]?.acted !== 1) yield* Effect.yieldNow()
      expect(yield* problems).toEqual([undefined])
      yield* TestClock.adjust("2 seconds")
      expect(yield* receiveText(other)).toBe("soon")
      yield* assistant.execute({ _tag: "Broadcast", payload: text("end") })
      expect(yield* receiveText(other)).toBe("end")
    }),
  ),
)

it.scoped("the frames of a client that reads no replies wait, and all of them are answered after its FIN", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      const frames = 5000
      const answer = "x".repeat(1000)
      yield* add(assistant, reply(answer))
      yield* client.sendAll(Stream.repeatValue(utf8("hello")).pipe(Stream.take(frames)))
      yield* client.halfClose
      // The client has not read yet: few of its frames have been answered.
      while ((yield* assistant.state).rules[0]?.acted === 0) yield* Effect.yieldNow()
      for (let turn = 0; turn < 100; turn++) yield* Effect.yieldNow()
      expect((yield* assistant.state).rules[0]?.acted).toBeLessThan(frames / 2)
      for (let count = 0; count < frames; count++) expect(yield* receiveText(client)).toBe(answer)
      expect((yield* client.closed).reason._tag).toBe("LocalClosed")
    }),
  ),
)
