import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import {
  Client,
  type ClientObserver,
  type ClientService,
  type ClientSettings,
  type ReconnectSettings,
} from "../client/index.ts"
import type { Connection } from "../connection/index.ts"
import * as Domain from "../domain/assistant/index.ts"
import {
  type ClientEvent,
  type ConnectError,
  type ConnectionClosedError,
  Framing,
  type SettingsError,
} from "../domain/index.ts"
import type { Tls, Transport } from "../transport/index.ts"
import type { Assistant } from "./Assistant.ts"
import { describeClientEvent } from "./describe.ts"
import { readPayloadFile } from "./files.ts"
import { ClientCommands } from "./internal/ClientCommands.ts"
import { ClientPhases } from "./internal/ClientPhases.ts"
import { ClientRules, type Converse } from "./internal/ClientRules.ts"
import { WindowParts } from "./internal/WindowParts.ts"
import { defaultLogBytes } from "./logBytes.ts"
import type { Project } from "./project/Project.ts"

/** Options of {@link ClientAssistant}. */
export interface ClientAssistantOptions {
  /** Settings that differ from `ClientConfig.defaults`. */
  readonly settings?: Partial<ClientSettings>
  /**
   * The settings for reconnecting, for a `Connect` command without the option `reconnect`. Default: the client does not
   * reconnect. A command with `reconnect: true` uses these settings, or the defaults of `Client.run`. The client also
   * reconnects after the server has closed the connection.
   */
  readonly reconnect?: Partial<ReconnectSettings>
  /** TLS options for a `Connect` command with TLS, if `settings` has no `tls`. Default: the CAs of Node. */
  readonly tlsOptions?: Tls.ConnectorOptions
  /**
   * Serves a connection until it ends. The function must read from the connection, because unread data stops reading
   * from the socket. It must pass each frame to `askRules`, so that rules act on the frame. Default: a function that
   * passes each frame to `askRules` and does nothing else.
   */
  readonly converse?: Converse
  /**
   * Runs at the end of a `Connect` command: after its last connection, or after its last failed attempt. The exit is a
   * success if the connection ended as intended, also by a command. Default: nothing runs.
   */
  readonly onEnd?: (exit: Exit.Exit<void, ConnectError | ConnectionClosedError>) => Effect.Effect<void>
  /** The size limit of the log in bytes, including its overhead. Default 64 MiB, minimum 64 KiB. */
  readonly logBytes?: number
  /** A project to load at the start, as `loadProject` does. Default: none. */
  readonly project?: Project
  /** Ends the program for the commands `Quit` and `Drain`. Default: `Quit` is refused. */
  readonly leave?: Effect.Effect<void>
  /** Reads the file of a payload. Default: reads a local file of at most 64 MiB. */
  readonly readFile?: (path: string) => Effect.Effect<Uint8Array, Domain.Refusal>
}

/** An assistant for a client. */
export interface ClientAssistantService extends Assistant<Domain.ClientWindow> {
  readonly kind: "client"
  /** The client that makes the connections. */
  readonly client: ClientService
  /** The current connection, if there is one. */
  readonly connection: Effect.Effect<Option.Option<Connection>>
}

/**
 * A client window without a user interface: it carries out commands and publishes events and state. It has at most one
 * connection at a time. It records frames only while `log.record` is open. Without recording, `framesIn` and
 * `framesOut` do not change. Announcements are always recorded.
 */
export class ClientAssistant extends Context.Tag("tcpfx/assistant/ClientAssistant")<
  ClientAssistant,
  ClientAssistantService
>() {
  /** Makes an assistant without a connection. The end of the scope closes the connection. */
  static readonly make = (
    options: ClientAssistantOptions = {},
  ): Effect.Effect<ClientAssistantService, SettingsError | Domain.Refusal, Scope.Scope | Transport> => make(options)

  /** `make` as a layer. */
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
    // Rows of a client window have no names.
    names: () => 0,
    readFile: options.readFile ?? readPayloadFile,
    rulesAct: true,
    onRules: () => rules.rulesChanged(),
  })
  yield* client.observe({
    onEvent: (event) => {
      phases.onEvent(event)
      // A character that starts in one connection does not continue in the next one.
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
      onEnd: options.onEnd,
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
    clients: () => Effect.succeed({ matching: 0, total: 0, rows: [], remote: { matching: 0, total: 0, rows: [] } }),
    rates: parts.history,
    log: parts.log,
    project: parts.project,
    loadProject,
  } satisfies ClientAssistantService
})

const previewBytes = 4096

/** Records and counts frames. */
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
