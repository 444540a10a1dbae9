import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ChatOptions, ChatRoom } from "../chat/index.ts"
import * as Domain from "../domain/assistant/index.ts"
import {
  type ConnectionId,
  endpointDefaults,
  Framing,
  formatEndpoint,
  type ServerEvent,
  SettingsError,
  tcpEndpoint,
} from "../domain/index.ts"
import type { HubService } from "../hub/index.ts"
import { type Handler, Server, ServerConfig, type ServerService, type ServerSettings } from "../server/index.ts"
import type { Transport } from "../transport/index.ts"
import type { Assistant } from "./Assistant.ts"
import { describeServerEvent } from "./describe.ts"
import { readPayloadFile } from "./files.ts"
import { ClientNames } from "./internal/ClientNames.ts"
import { frameObserver, sampleClient } from "./internal/clientFigures.ts"
import { clientsPage } from "./internal/clientsPage.ts"
import { makeChat } from "./internal/makeChat.ts"
import { RemoteRoster } from "./internal/RemoteRoster.ts"
import { type Client, Roster } from "./internal/Roster.ts"
import { RosterFeed } from "./internal/RosterFeed.ts"
import { ServerCommands } from "./internal/ServerCommands.ts"
import { RuledReactor } from "./internal/ServerRules.ts"
import { ServerSending } from "./internal/ServerSending.ts"
import { WindowParts } from "./internal/WindowParts.ts"
import { defaultLogBytes } from "./logBytes.ts"
import { modeReactor } from "./modeReactor.ts"
import type { Project } from "./project/Project.ts"

/** What a server does with received frames, besides showing them. */
export type ServerMode = "console" | "broker" | "chat" | "echo" | "discard" | { readonly reply: Uint8Array }

/** Options of {@link ServerAssistant}. */
export interface ServerAssistantOptions {
  /** Settings that differ from `ServerConfig.defaults`. */
  readonly settings?: Partial<ServerSettings>
  /** Default "console": the server shows received frames and sends no answer. */
  readonly mode?: ServerMode
  /** The options of the chat in the mode "chat". This mode needs `Framing.line`. */
  readonly chat?: Pick<ChatOptions, "onAnnounced" | "operator">
  /**
   * A handler that serves the connections instead of the mode. With a handler, rules are refused, because the handler
   * consumes the frames. Default: the mode serves the connections.
   */
  readonly handler?: Handler.FiberHandler<never, never>
  /**
   * The source of the name of each new client. `firstline`: its first line that is not blank; the line is not consumed,
   * so the log, rules and the mode see it. `tls`: the common name of its certificate, or else the first alternative name.
   * `peer`: its IP address. A name has at most 32 characters, and control characters are escaped. If another client has
   * the name, `-2`, `-3` … follow it. A command or a rule can change it. Default: no client has a name at first.
   */
  readonly nameFrom?: Domain.NameSource
  /** What happens to a client that has sent FIN. Default: "keep" for a broker, otherwise "close". */
  readonly halfClosed?: Handler.HalfClosed
  /** A hub to share with other servers; see `ServerOptions.hub`. */
  readonly hub?: HubService
  /** The size limit of the log in bytes, including its overhead. Default 64 MiB, minimum 64 KiB. */
  readonly logBytes?: number
  /** The address for a `Listen` command with an empty endpoint. Default 127.0.0.1:12345. */
  readonly defaultListen?: string
  /** A project to load at the start, as `loadProject` does. Default: none. */
  readonly project?: Project
  /** Reloads the files of access rules and TLS for the command `Reload`. Default: the command is refused. */
  readonly reload?: (server: ServerService) => Effect.Effect<void, { readonly message: string }>
  /** Ends the program for the command `Quit`. Default: the command is refused. */
  readonly leave?: Effect.Effect<void>
  /** Drains and ends the program for the command `Drain`. Default: the server drains, then `leave` runs. */
  readonly drain?: Effect.Effect<void>
  /** Reads the file of a payload. Default: reads a local file of at most 64 MiB. */
  readonly readFile?: (path: string) => Effect.Effect<Uint8Array, Domain.Refusal>
}

/** An assistant for a server. */
export interface ServerAssistantService extends Assistant<Domain.ServerWindow> {
  readonly kind: "server"
  /** The server of the window, for operations that the assistant does not have. */
  readonly server: ServerService
  /** The chat of the mode "chat"; `undefined` in the other modes. */
  readonly chat: ChatRoom | undefined
  /** The name of a client, also for some time after it has disconnected. Empty if it has no name. */
  readonly nameOf: (id: ConnectionId) => string
}

/**
 * A server window without a user interface: it carries out commands and publishes events and state. It records frames
 * and the announcements of connections only while `log.record` is open. While it does not record, the assistant does
 * not slow a relay down, and `framesIn` and `framesOut` do not change.
 *
 * The log shows every received frame. The frames that `echo` and `broker` send contain the same bytes, so they have no
 * rows. Frames that replies, rules, repeats and commands send have rows.
 */
export class ServerAssistant extends Context.Tag("tcpfx/assistant/ServerAssistant")<
  ServerAssistant,
  ServerAssistantService
>() {
  /** Makes an assistant that does not listen yet. The end of the scope ends its server, as `Server.make` describes. */
  static readonly make = (
    options: ServerAssistantOptions = {},
  ): Effect.Effect<ServerAssistantService, SettingsError | Domain.Refusal, Scope.Scope | Transport> => make(options)

  /** `make` as a layer. */
  static readonly layer = (
    options: ServerAssistantOptions = {},
  ): Layer.Layer<ServerAssistant, SettingsError | Domain.Refusal, Transport> => Layer.scoped(this, make(options))
}

/**
 * Whether an event occurs at least once per connection. Recording such an event costs time in a relay, so the log
 * records the event only together with frames.
 */
const isOfConnection = (event: ServerEvent): boolean => "id" in event || event._tag === "ConnectionRefused"

const modeName = (mode: ServerMode): string => (typeof mode === "string" ? mode : "reply")

const make = Effect.fnUntraced(function* (options: ServerAssistantOptions) {
  const { mode = "console", project } = options
  const settings = mode === "chat" ? { frame: Framing.line, ...options.settings } : options.settings
  const framing = options.hub?.framing ?? settings?.frame ?? Framing.raw
  if (mode === "chat" && framing !== Framing.line) {
    return yield* new SettingsError({ field: "frame", value: framing.name, expected: "Framing.line in a chat" })
  }
  const roster = new Roster()
  const others = new RemoteRoster(options.hub?.network)
  const halfClosed = options.halfClosed ?? (mode === "broker" ? "keep" : "close")
  const chat =
    mode === "chat"
      ? makeChat(roster, {
          operator: options.chat?.operator,
          halfClosed,
          onAnnounced: (id, announcement) => {
            if (parts.isRecording) parts.say({ _tag: "Chat", announcement }, "plain", id)
            options.chat?.onAnnounced?.(id, announcement)
          },
        })
      : undefined
  const maxFrame = settings?.maxFrame ?? ServerConfig.defaults.maxFrame
  const reactor = new RuledReactor(chat ?? modeReactor(mode, halfClosed), roster, framing, maxFrame)
  const server = yield* Server.make({
    handler: options.handler ?? reactor,
    // The log of the window has the close reason of each connection.
    onHandlerFailure: () => Effect.void,
    ...(settings === undefined ? {} : { settings }),
    ...(options.hub === undefined ? {} : { hub: options.hub }),
  })
  const run = yield* FiberSet.makeRuntime<never, unknown, never>()

  const parts: WindowParts = yield* WindowParts.make({
    kind: "server",
    framing,
    clients: roster,
    logBytes: options.logBytes ?? defaultLogBytes,
    describe: (event, language) => describeServerEvent(event as ServerEvent, language),
    traffic: server.traffic,
    sample: (seconds) =>
      Effect.map(server.connections, (connections) => {
        const now = Math.floor(parts.stamps.now())
        for (const connection of connections) {
          const client = roster.clients.get(connection.id)
          if (client !== undefined) sampleClient(client, connection, seconds, now)
        }
      }),
    follow: Effect.suspend(() => Effect.zipRight(feed.follow, others.follow)),
    observeFrames: Effect.suspend(() => {
      // The bytes between the last recorded bytes of a client and its next recorded bytes may be missing from the log.
      for (const client of roster.clients) client.lastEntry = -1
      return server.observe(frameObserver(parts, roster))
    }),
    encodings: () => roster.encodings,
    names: () => roster.names,
    readFile: options.readFile ?? readPayloadFile,
    rulesAct: options.handler === undefined,
    onRules: () => reactor.rulesChanged(),
  })
  if (typeof mode === "object") parts.senders.keep(mode.reply, "reply mode")
  const feed: RosterFeed = new RosterFeed(server, roster, {
    onEvent: (event) => {
      if (event._tag === "ConnectionRefused") parts.touch()
      if (event._tag === "ConnectionOpened") names?.opened(event.id)
      if (parts.isRecording && isOfConnection(event)) parts.tell(event, "id" in event ? event.id : 0)
    },
    onGone: (id) => {
      reactor.clientGone(id)
      names?.gone(id)
    },
  })
  const names =
    options.nameFrom === undefined ? undefined : new ClientNames(options.nameFrom, roster, framing, () => parts.touch())
  if (names !== undefined) {
    yield* feed.follow
    if (options.nameFrom === "firstline") yield* server.observe({ onRun: (id, run) => names.onRun(id, run) })
  }
  yield* server.observe({ onOwnEvent: (event) => parts.tell(event) })
  reactor.attach({ server, parts, run, follow: feed.follow })
  // A client of a chat gets its name when it connects.
  if (chat !== undefined) yield* feed.follow

  const sending = new ServerSending(server, { feed, coders: roster.coders }, parts.payloads, parts.senders, chat)
  const leave = options.leave
  const commands = new ServerCommands({
    server,
    roster,
    feed,
    parts,
    sending,
    hooks: {
      defaultListen: options.defaultListen ?? formatEndpoint(tcpEndpoint(endpointDefaults.host, endpointDefaults.port)),
      reload: options.reload?.(server),
      drain: options.drain ?? Effect.zipRight(server.drain, leave ?? Effect.void),
      leave,
    },
  })

  const stateNow = Effect.gen(function* () {
    const listening = yield* server.listening
    return {
      _tag: "ServerWindow",
      listening: listening.length > 0 ? "listening" : commands.listening.trying > 0 ? "trying" : "idle",
      endpoints: listening.map(formatEndpoint),
      ...(commands.listening.problem === undefined ? {} : { problem: commands.listening.problem }),
      accepting: yield* server.accepting,
      mode: modeName(mode),
      clients: (yield* feed.fresh).clients.size,
      clientsVersion: roster.version + others.version + parts.version + parts.figures,
      refused: (yield* server.counts).refused,
      tls: settings?.tls !== undefined,
      ...parts.shared,
    } satisfies Domain.ServerWindow
  })

  const execute = (command: Domain.Command) => commands.execute(command)
  const loadProject = (loaded: Project) => parts.load(loaded, execute)
  if (project !== undefined) yield* loadProject(project)
  return {
    kind: "server" as const,
    server,
    chat,
    nameOf: (id: ConnectionId) => roster.nameOf(id) ?? "",
    execute,
    executeLine: (line: string) => Effect.flatMap(Domain.parseCommand(line), execute),
    preview: (payload: Domain.PayloadSpec, to: Domain.Recipients = Domain.everyone) =>
      Effect.gen(function* () {
        const prepared = yield* parts.payloads.prepare(payload)
        const { clients } = yield* Effect.orElseSucceed(sending.resolve(to), () => ({ clients: [] as Array<Client> }))
        const bytes = yield* sending.bytesFor(prepared, clients[0])
        return previewOf(sending.voiced(bytes, to), clients)
      }),
    state: Effect.zipRight(parts.refresh, stateNow),
    states: parts.pulse.changes(() => `${roster.version} ${others.version} ${parts.key}`, stateNow),
    clients: (request: Domain.ClientsRequest) => clientsPage(server, feed, sending, others, request),
    rates: parts.history,
    log: parts.log,
    project: parts.project,
    loadProject,
  } satisfies ServerAssistantService
})

const previewBytes = 4096
const previewClients = 8

const previewOf = (bytes: Uint8Array, clients: ReadonlyArray<Client>): Domain.Preview => ({
  bytes: bytes.slice(0, previewBytes),
  length: bytes.length,
  recipients: clients.length,
  first: clients.slice(0, previewClients).map(({ id }) => id),
})
