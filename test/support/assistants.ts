import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type Assistant,
  ClientAssistant,
  type ClientAssistantOptions,
  ServerAssistant,
  type ServerAssistantOptions,
  type ServerAssistantService,
} from "../../src/assistant/index.ts"
import { Client, type ClientSettings } from "../../src/client/index.ts"
import { Assistant as Domain, parseEndpoint } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, type Transport } from "../../src/transport/index.ts"

/** Runs a program over the transport in memory. */
export const overMemory = <A, E>(program: Effect.Effect<A, E, Scope.Scope | Transport>) =>
  Effect.provide(program, MemoryTransport.layer())

/** Makes a payload of a text. The text may contain escapes and variables. */
export const text = (content: string, more: Partial<Domain.PayloadSpec> = {}): Domain.PayloadSpec => ({
  form: "text",
  content,
  ...more,
})

/** Payloads that the assistant refuses to send, each with its wrong field. */
export const neverSent: ReadonlyArray<readonly [Domain.PayloadSpec, string]> = [
  [{ form: "hex", content: "0" }, "content"],
  [{ form: "base64", content: "!" }, "content"],
  [text("${nothing}"), "content"],
  [text("\\q"), "content"],
  [text("x", { encoding: "klingon" }), "encoding"],
  [text("x", { checksum: { kind: "crc99" } }), "checksum"],
]

/** Parses a command of the text form. */
export const command = (line: string): Domain.Command => Either.getOrThrow(Domain.parseCommand(line))

/** The rows of a log. Each row gives its kind, the number of the client and the text. */
export const rowsOf = (assistant: Assistant, filter?: Domain.LogFilter, view: Domain.LogView = "text") =>
  assistant.log.rows({ from: 0, count: 1000, view, ...(filter === undefined ? {} : { filter }) })

/** The frames of a log. Each frame gives a mark for the direction, the client and the text. */
export const framesOf = (assistant: Assistant, filter?: Domain.LogFilter) =>
  Effect.map(rowsOf(assistant, filter), (rows) =>
    rows
      .filter(({ kind }) => kind !== "announcement")
      .map((row) => `${row.id ?? row.to?.count ?? ""}${row.kind === "sent" ? ">" : "<"}${row.text}`),
  )

/** Adds a rule to a window. */
export const addRule = (assistant: Assistant, rule: Domain.Rule) => assistant.execute({ _tag: "AddRule", rule })

/** A rule that answers each frame with "hello" in it. */
export const greetingRule = (content: string, more: Partial<Domain.Rule> = {}): Domain.Rule => ({
  name: "greeting",
  match: { _tag: "Contains", text: "hello" },
  actions: [{ _tag: "Reply", payload: text(content) }],
  ...more,
})

/** A server window that listens and records, and ways to connect to it. */
export const serverWindow = (options: ServerAssistantOptions = {}) =>
  Effect.tap(unwatchedServerWindow(options), ({ assistant }) => assistant.log.record)

/** The same without a recording: nothing follows its connections. */
export const unwatchedServerWindow = (options: ServerAssistantOptions = {}) =>
  Effect.gen(function* () {
    const assistant = yield* Effect.orDie(ServerAssistant.make(options))
    const events = yield* Testing.probe(assistant.server.subscribeEvents({ frames: true, bufferBytes: 1024 ** 3 }))
    const listening = yield* assistant.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" })
    if (listening._tag !== "ListeningOn") return yield* Effect.dieMessage("it does not listen")
    const { endpoint } = listening
    let dialled = 0
    const connect = (settings: Partial<ClientSettings> = {}) =>
      Effect.gen(function* () {
        const frame = options.settings?.frame
        const client = yield* Effect.orDie(Client.make({ ...(frame === undefined ? {} : { frame }), ...settings }))
        const connection = yield* client.connect(Either.getOrThrow(parseEndpoint(endpoint)))
        yield* events.first("ConnectionOpened", ++dialled)
        return connection
      })
    return { assistant, endpoint, events, connect }
  })

/** A client window that records. */
export const clientWindow = (options: ClientAssistantOptions = {}) =>
  Effect.gen(function* () {
    const assistant = yield* Effect.orDie(ClientAssistant.make(options))
    yield* assistant.log.record
    return assistant
  })

/** Waits until the state of a window passes a test. */
export const untilState = <State extends Domain.WindowState>(
  assistant: Assistant<State>,
  holds: (state: State) => boolean,
): Effect.Effect<State> =>
  Effect.flatMap(Stream.runHead(Stream.filter(assistant.states, holds)), (found) => Effect.orDie(found))

export type { ServerAssistantService }
