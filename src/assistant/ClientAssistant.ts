import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Client, type ClientObserver, type ClientSettings, type ReconnectSettings } from "../client/index.ts"
import type { Connection } from "../connection/index.ts"
import * as Domain from "../domain/assistant/index.ts"
import { type ClientEvent, type ConnectionClosedError, Framing, type SettingsError } from "../domain/index.ts"
import type { Tls, Transport } from "../transport/index.ts"
import type { Assistant } from "./Assistant.ts"
import { describeClientEvent } from "./describe.ts"
import { readPayloadFile } from "./files.ts"
import { ClientCommands } from "./internal/ClientCommands.ts"
import { ClientPhases } from "./internal/ClientPhases.ts"
import { ClientRules } from "./internal/ClientRules.ts"
import { WindowParts } from "./internal/WindowParts.ts"
import { defaultLogBytes } from "./logBytes.ts"
import type { Project } from "./project/Project.ts"

/** What a client assistant is made with. */
export interface ClientAssistantOptions {
  /** What differs from `ClientConfig.defaults`. */
  readonly settings?: Partial<ClientSettings>
  /**
   * How a lost connection is made again, where the command does not say. Default: it is not. A command that asks for it
   * gets these, or the defaults of `Client.run`; a connection that the server closes is made again too.
   */
  readonly reconnect?: Partial<ReconnectSettings>
  /** What TLS is made of where a command asks for TLS that `settings` do not have. Default: the CAs that come with Node. */
  readonly tlsOptions?: Tls.ConnectorOptions
  /**
   * What is done with a connection until it ends. It must take what is received, as reading is held back otherwise, and give
   * each frame to `askRules`, so that rules act on it. Default: it does that and nothing else.
   */
  readonly converse?: (
    connection: Connection,
    askRules: (frame: Uint8Array) => Effect.Effect<void>,
  ) => Effect.Effect<void, ConnectionClosedError, Scope.Scope>
  /** What the log may hold, bytes, everything included. Default 64 MiB, at least 64 KiB. */
  readonly logBytes?: number
  /** What is loaded at the begin, as `loadProject` does. Default: nothing. */
  readonly project?: Project
  /** Leaves, for the commands `Quit` and `Drain`. Default: `Quit` is refused. */
  readonly leave?: Effect.Effect<void>
  /** Reads the file of a payload. Default: a file of this machine, up to 64 MiB. */
  readonly readFile?: (path: string) => Effect.Effect<Uint8Array, Domain.Refusal>
}

/** An assistant over a client. */
export interface ClientAssistantService extends Assistant<Domain.ClientWindow> {
  readonly kind: "client"
  /** The client that makes its connections. */
  readonly client: Client["Type"]
  /** The connection, while there is one. */
  readonly connection: Effect.Effect<Option.Option<Connection>>
}

/**
 * A client window without a face: commands in, events and state out. It owns one connection at a time. Frames are recorded
 * while `log.record` is open; until then `framesIn` and `framesOut` stand still, and announcements are kept.
 */
export class ClientAssistant extends Context.Tag("tcpfx/assistant/ClientAssistant")<
  ClientAssistant,
  ClientAssistantService
>() {
  /** An assistant that is not connected yet. The end of the scope ends its connection. */
  static readonly make = (
    options: ClientAssistantOptions = {},
  ): Effect.Effect<ClientAssistantService, SettingsError | Domain.Refusal, Scope.Scope | Transport> => make(options)

  /** The same as a layer. */
  static readonly layer = (
    options: ClientAssistantOptions = {},
  ): Layer.Layer<ClientAssistant, SettingsError | Domain.Refusal, Transport> => Layer.scoped(this, make(options))
}

const make = Effect.fnUntraced(function* (options: ClientAssistantOptions) {
  const { project, settings = {} } = options
  const framing = settings.frame ?? Framing.raw
  const client = yield* Client.make(settings)
  const scope = yield* Effect.scope
  const run = yield* FiberSet.makeRuntime<never, unknown, never>()
  const phases = new ClientPhases()
  const received = { lastEntry: -1 }

  const parts: WindowParts = yield* WindowParts.make({
    kind: "client",
    framing,
    clients: {
      nameOf: () => undefined,
      coderOf: (_client, direction) => commands.coders[direction],
    },
    logBytes: options.logBytes ?? defaultLogBytes,
    describe: (event, language) => describeClientEvent(event as ClientEvent, language),
    traffic: client.traffic,
    sample: () => Effect.void,
    follow: Effect.void,
    observeFrames: Effect.suspend(() => {
      received.lastEntry = -1
      return client.observe(frameObserver(parts, received))
    }),
    encodings: () => commands.encodings,
    readFile: options.readFile ?? readPayloadFile,
    rulesAct: true,
    onRules: () => rules.rulesChanged(),
  })
  yield* client.observe({
    onEvent: (event) => {
      phases.onEvent(event)
      // A character that one connection begins is not ended by the next.
      if (event._tag === "Connected") received.lastEntry = -1
      parts.tell(event)
    },
  })
  const commands: ClientCommands = new ClientCommands({
    client,
    parts,
    phases,
    scope,
    hooks: {
      converse: (connection) => rules.serve(connection, options.converse),
      tls: settings.tls,
      tlsOptions: options.tlsOptions ?? {},
      reconnect: options.reconnect,
      leave: options.leave,
    },
  })
  const rules: ClientRules = new ClientRules(parts, commands.coders, {
    run,
    disconnect: (how) => void run(Effect.ignore(commands.execute({ _tag: "Disconnect", how }))),
  })

  const stateNow = Effect.gen(function* () {
    const { connection, endpoint } = commands
    return {
      _tag: "ClientWindow",
      ...phases.current,
      ...(endpoint === undefined ? {} : { endpoint }),
      paused: connection === undefined ? false : yield* connection.paused,
      pending: connection === undefined ? 0 : yield* connection.pending,
      encodingIn: commands.coders.in.name,
      encodingOut: commands.coders.out.name,
      ...parts.shared,
    } satisfies Domain.ClientWindow
  })

  const execute = (command: Domain.Command) => commands.execute(command)
  const loadProject = (loaded: Project) => parts.load(loaded, execute)
  if (project !== undefined) yield* loadProject(project)
  return {
    kind: "client" as const,
    client,
    connection: Effect.sync(() => Option.fromNullable(commands.connection)),
    execute,
    executeLine: (line: string) => Effect.flatMap(Domain.parseCommand(line, "client"), execute),
    preview: (payload: Domain.PayloadSpec) =>
      Effect.gen(function* () {
        const bytes = yield* commands.bytesFor(yield* parts.payloads.prepare(payload))
        const recipients = commands.connection === undefined ? 0 : 1
        return { bytes: bytes.slice(0, previewBytes), length: bytes.length, recipients, first: [] }
      }),
    state: Effect.zipRight(parts.refresh, stateNow),
    states: parts.pulse.changes(() => parts.key, stateNow),
    clients: () => Effect.succeed({ matching: 0, total: 0, rows: [] }),
    rates: parts.history,
    log: parts.log,
    project: parts.project,
    loadProject,
  } satisfies ClientAssistantService
})

const previewBytes = 4096

/** Records frames and counts them. */
const frameObserver = (parts: WindowParts, received: { lastEntry: number }): ClientObserver => ({
  onRun: (run) => {
    const frames = parts.framesOf(run)
    parts.framesIn += frames
    received.lastEntry = parts.store.received(parts.stamps.now(), 0, run, frames, received.lastEntry)
  },
  onSent: (payload) => {
    parts.framesOut++
    parts.store.sent(parts.stamps.now(), undefined, payload, parts.senders.take(payload))
  },
})
