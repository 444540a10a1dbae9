import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { type Assistant, formatProject, ServerAssistant } from "../../src/assistant/index.ts"
import {
  type ConnectionId,
  Assistant as Domain,
  Framing,
  ListenError,
  type ListenFailure,
  tcpEndpoint,
} from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, Transport } from "../../src/transport/index.ts"
import {
  clientWindow,
  command,
  framesOf,
  neverSent,
  overMemory,
  rowsOf,
  serverWindow,
  text,
} from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

const refusalOf = (assistant: Assistant, line: string) => Effect.flip(assistant.execute(command(line)))

const onlyClient = (id: number) => Domain.onlyClient(id as ConnectionId)

/** The connected clients, after the server has reported the ends of the others. */
const clientsOf = (assistant: Assistant, request: Partial<Domain.ClientsRequest> = {}) =>
  Effect.map(assistant.clients({ from: 0, count: 100, ...request }), ({ rows }) => rows)

it.scoped("stopping keeps, closes or resets the clients, as the command says", () =>
  overMemory(
    Effect.gen(function* () {
      for (const clients of ["keep", "close", "reset"] as const) {
        const { assistant, connect, endpoint, events } = yield* serverWindow()
        const client = yield* connect()
        const ended = clients === "keep" ? 0 : 1
        expect(yield* assistant.execute({ _tag: "StopListening", clients })).toEqual({
          _tag: "ListeningStopped",
          endpoints: [endpoint],
          ended,
        })
        if (clients === "keep") {
          yield* assistant.execute({ _tag: "Broadcast", payload: text("still here") })
          expect(yield* Testing.receiveText(client)).toBe("still here")
        } else {
          expect((yield* client.closed).reason._tag).toBe(clients === "close" ? "PeerClosed" : "PeerReset")
          yield* events.first("ConnectionClosed", 1)
        }
        expect(yield* refusalOf(assistant, "stop")).toMatchObject({ reason: "unknown", field: "endpoint" })
      }
    }),
  ),
)

it.scoped("stopping one of several listeners ends only its own clients", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect, endpoint } = yield* serverWindow()
      yield* connect()
      const other = yield* assistant.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" })
      const stopped = yield* assistant.execute({
        _tag: "StopListening",
        endpoint: other._tag === "ListeningOn" ? other.endpoint : "",
        clients: "reset",
      })
      expect(stopped).toMatchObject({ ended: 0 })
      expect((yield* assistant.state).endpoints).toEqual([endpoint])
    }),
  ),
)

it.scoped("accepting is suspended and resumed, and the log has a row for each", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect, endpoint } = yield* serverWindow()
      yield* assistant.execute({ _tag: "SuspendAccepting" })
      expect((yield* assistant.state).accepting).toBe("suspended")
      const client = yield* clientWindow()
      yield* Effect.either(client.execute({ _tag: "Connect", endpoint }))
      while ((yield* assistant.state).refused < 1) yield* Effect.yieldNow()
      yield* assistant.execute({ _tag: "ResumeAccepting" })
      expect((yield* assistant.state).accepting).toBe("yes")
      yield* connect()
    }),
  ),
)

it.scoped("kick, reset, half-close, pause and resume act on the recipients", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      const [one, two, three] = [yield* connect(), yield* connect(), yield* connect({ halfClosed: "keep" })]
      yield* assistant.execute(command("kick @1"))
      expect((yield* one.closed).reason._tag).toBe("PeerClosed")
      yield* assistant.execute(command("reset @2"))
      expect((yield* two.closed).reason._tag).toBe("PeerReset")
      yield* assistant.execute(command("pause @3"))
      expect((yield* clientsOf(assistant)).find(({ id }) => id === 3)?.paused).toBe(true)
      yield* three.send(utf8("held"))
      yield* Effect.yieldNow()
      yield* assistant.execute(command("resume @3"))
      while ((yield* framesOf(assistant)).length === 0) yield* Effect.yieldNow()
      expect(yield* framesOf(assistant)).toEqual(["3<held"])
      yield* assistant.execute({ _tag: "HalfClose", to: onlyClient(3) })
      expect((yield* Testing.receiveAll(three)).length).toBe(0)
      expect(yield* Effect.flip(assistant.execute({ _tag: "Reset" }))).toMatchObject({ reason: "syntax", field: "to" })
    }),
  ),
)

it.scoped("a payload for clients whose connections are closing is refused", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      yield* connect()
      yield* assistant.execute(command("half-close @1"))
      expect(yield* refusalOf(assistant, "send @1 late")).toMatchObject({ reason: "nobody", field: "to" })
      expect(yield* refusalOf(assistant, "broadcast late")).toMatchObject({ reason: "nobody", field: "to" })
    }),
  ),
)

it.scoped("a paused client is not idle", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow({ settings: { idleTimeout: Duration.seconds(1) } })
      yield* connect()
      yield* assistant.execute(command("pause @1"))
      yield* TestClock.adjust("10 seconds")
      expect((yield* clientsOf(assistant)).map(({ paused }) => paused)).toEqual([true])
      yield* assistant.execute(command("resume @1"))
      yield* TestClock.adjust("2 seconds")
      while ((yield* clientsOf(assistant)).length > 0) yield* Effect.yieldNow()
    }),
  ),
)

it.scoped("invalid payloads and payloads without a recipient are refused, and nothing is sent", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow({ settings: { frame: Framing.line } })
      const send = (payload: Domain.PayloadSpec) => Effect.flip(assistant.execute({ _tag: "Send", payload }))
      expect(yield* send(text("x"))).toMatchObject({ reason: "nobody", field: "to" })
      const client = yield* connect()
      expect(yield* send({ form: "hex", content: "0g" })).toMatchObject({ reason: "payload", at: 1 })
      expect(yield* send(text("a\\nb"))).toMatchObject({ reason: "payload", field: "content" })
      expect(yield* send(text("中", { encoding: "latin1" }))).toMatchObject({ reason: "payload", at: 0 })
      expect(yield* send(text("x", { encoding: "nope" }))).toMatchObject({ reason: "value", field: "encoding" })
      expect(yield* send({ form: "file", content: "/nonexistent" })).toMatchObject({ reason: "file", code: "ENOENT" })
      expect(yield* send({ form: "file", content: "/" })).toMatchObject({ reason: "file", code: "EISDIR" })
      yield* assistant.execute({ _tag: "Send", payload: text("last") })
      expect(yield* Testing.receiveText(client)).toBe("last")
      expect(yield* framesOf(assistant)).toEqual(["1>last"])
    }),
  ),
)

it.scoped("a preview returns the bytes and the recipients, and sends nothing", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      const payload: Domain.PayloadSpec = {
        form: "hex",
        content: "01 03 00 0A 00 02",
        checksum: { kind: "modbus" },
      }
      expect(yield* assistant.preview(payload)).toMatchObject({ length: 8, recipients: 0, first: [] })
      yield* connect()
      yield* connect()
      const preview = yield* assistant.preview(payload)
      expect(Buffer.from(preview.bytes).toString("hex")).toBe("0103000a0002e409")
      expect(preview).toMatchObject({ recipients: 2, first: [1, 2] })
      expect((yield* assistant.preview(text("${counter}"))).bytes).toEqual(utf8("1"))
      expect((yield* assistant.preview(text("${counter}"))).bytes).toEqual(utf8("1"))
      expect(yield* framesOf(assistant)).toEqual([])
    }),
  ),
)

it.scoped("macros are saved, run and removed", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      const client = yield* connect()
      yield* assistant.execute({ _tag: "SaveMacro", macro: { name: "ping", payload: text("PING") } })
      yield* assistant.execute({ _tag: "SaveMacro", macro: { name: "one", payload: text("ONE"), to: "@1" } })
      expect((yield* assistant.state).macros.map(({ name }) => name)).toEqual(["ping", "one"])
      yield* assistant.execute({ _tag: "RunMacro", name: "ping" })
      expect(yield* Testing.receiveText(client)).toBe("PING")
      yield* assistant.execute({ _tag: "RunMacro", name: "one" })
      const sent = (yield* rowsOf(assistant, { direction: "sent" })).map(({ by }) => by)
      expect(sent).toEqual(["ping", "one"])
      yield* assistant.execute({ _tag: "RemoveMacro", name: "ping" })
      expect(yield* Effect.flip(assistant.execute({ _tag: "RunMacro", name: "ping" }))).toMatchObject({
        reason: "unknown",
      })
      expect(
        yield* Effect.flip(assistant.execute({ _tag: "SaveMacro", macro: { name: "", payload: text("") } })),
      ).toMatchObject({ reason: "value" })
      expect(
        yield* Effect.flip(assistant.execute({ _tag: "SaveMacro", macro: { name: "ring\u0007", payload: text("") } })),
      ).toMatchObject({ reason: "value" })
      for (const [payload, field] of neverSent) {
        const refused = yield* Effect.flip(assistant.execute({ _tag: "SaveMacro", macro: { name: "never", payload } }))
        expect(refused).toMatchObject({ field })
      }
      yield* assistant.execute({
        _tag: "SaveMacro",
        macro: { name: "later", payload: { form: "file", content: "/no" } },
      })
      yield* formatProject(yield* assistant.project)
    }),
  ),
)

it.scoped("commands for the other kind of window, and commands without a hook, are refused", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant: server } = yield* serverWindow()
      const client = yield* clientWindow()
      expect(yield* Effect.flip(server.execute({ _tag: "Connect", endpoint: "x:1" }))).toMatchObject({
        reason: "wrong-kind",
        message: "connect is for a client, and this is a server",
      })
      expect(yield* Effect.flip(server.execute({ _tag: "Disconnect" }))).toMatchObject({ reason: "wrong-kind" })
      for (const line of ["listen 127.0.0.1:0", "stop", "kick @1", "rename @1 x", "tag @1 x", "suspend", "reload"]) {
        expect(yield* refusalOf(client, line), line).toMatchObject({ reason: "wrong-kind" })
      }
      expect(yield* refusalOf(server, "reload")).toMatchObject({ reason: "forbidden" })
      expect(yield* refusalOf(server, "quit")).toMatchObject({ reason: "forbidden" })
      expect(yield* Effect.flip(server.executeLine("sned hello"))).toMatchObject({ reason: "syntax" })
      expect(yield* Effect.flip(server.executeLine("listen nowhere:99999"))).toMatchObject({ reason: "value" })
      for (const line of ["pause", "resume", "half-close", "reset", "disconnect", "send x"]) {
        expect(yield* Effect.flip(client.executeLine(line)), line).toMatchObject({ reason: "not-connected" })
      }
    }),
  ),
)

it.scoped("reload, drain and quit go through the hooks of the command", () =>
  overMemory(
    Effect.gen(function* () {
      const told: Array<string> = []
      const tell = (word: string) => Effect.sync(() => void told.push(word))
      let isBroken = true
      const { assistant, connect } = yield* serverWindow({
        reload: () => Effect.suspend(() => (isBroken ? Effect.fail({ message: "cannot read rules" }) : tell("reload"))),
        leave: tell("leave"),
      })
      const client = yield* connect()
      expect(yield* refusalOf(assistant, "reload")).toMatchObject({ reason: "file", message: "cannot read rules" })
      isBroken = false
      yield* assistant.execute({ _tag: "Reload" })
      yield* assistant.execute({ _tag: "Drain" })
      expect((yield* client.closed).reason._tag).toBe("PeerClosed")
      yield* assistant.execute({ _tag: "Quit" })
      expect(told).toEqual(["reload", "leave", "leave"])
    }),
  ),
)

it.scoped("a server that cannot listen shows the reason, the advice and the field", () =>
  Effect.gen(function* () {
    const cases: ReadonlyArray<readonly [ListenFailure, string, string, RegExp]> = [
      ["AddressInUse", "EADDRINUSE", "port", /choose another port/],
      ["PermissionDenied", "EACCES", "port", /1024/],
      ["AddressNotAvailable", "EADDRNOTAVAIL", "endpoint", /tcpfx interfaces/],
      ["NameNotFound", "ENOTFOUND", "endpoint", /spelling/],
    ]
    for (const [reason, code, field, advice] of cases) {
      const endpoint = tcpEndpoint("10.1.2.3", 80)
      const failing = Layer.effect(
        Transport,
        Effect.map(Transport, (transport) =>
          Transport.of({ ...transport, listen: () => Effect.fail(new ListenError({ endpoint, reason, code })) }),
        ),
      ).pipe(Layer.provide(MemoryTransport.layer()))
      yield* Effect.gen(function* () {
        const assistant = yield* Effect.orDie(ServerAssistant.make())
        const refused = yield* refusalOf(assistant, "listen 10.1.2.3:80")
        expect(refused).toMatchObject({ reason: "listen", code, field })
        expect(refused.message).toMatch(/^cannot listen on 10\.1\.2\.3:80: /)
        expect(`${refused.message}; ${refused.advice}`).toMatch(advice)
        expect((yield* assistant.state).problem).toMatchObject({ message: refused.message, code, field })
        expect((yield* assistant.state).listening).toBe("idle")
      }).pipe(Effect.scoped, Effect.provide(failing))
    }
  }),
)
