import * as Command from "@effect/cli/Command"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ServerAssistant, type ServerMode } from "../../assistant/index.ts"
import {
  Framing,
  formatBytes,
  limits,
  parseDuration,
  parseEscapes,
  parseSize,
  slowConsumerPolicies,
} from "../../domain/index.ts"
import { type Handler, type Server, ServerConfig, type ServerSettings } from "../../server/index.ts"
import { accessFlags, accessRules, checkProxies, reloadAccess } from "../access.ts"
import { parseControlPath, serveControl } from "../control/controlServer.ts"
import { checkHeartbeat } from "../deadlineFlags.ts"
import { checkDependencies } from "../dependencies.ts"
import { isEndpointGiven } from "../endpointArgs.ts"
import { type CommandFailed, exitCode, signalExitCode, usageError } from "../exit.ts"
import { familyFlags, familyFrom } from "../family.ts"
import { argumentsOf, oneOf, optionsOf, shapesOf, toggle, value } from "../flags.ts"
import { environmentError, given } from "../given.ts"
import type { CommandHelp } from "../help.ts"
import { describeSkipped, inputPayloads } from "../inputPayloads.ts"
import { limitFlags, limitSettings } from "../limitFlags.ts"
import { defaultHostOf, listenEndpointsFrom } from "../listenArgs.ts"
import { listenFlags } from "../listenFlags.ts"
import { backlogNote, connectionRoom } from "../openFiles.ts"
import { makeRawServing } from "../output/rawServing.ts"
import { type OutputMode, type Showing, serverRenderer, show, subscription } from "../output/renderers.ts"
import { checkPayloads } from "../payloads.ts"
import { endpointFlags, framingFlags, outputFlag, timestampsFlag, timestampsOf } from "../sharedFlags.ts"
import { Signals } from "../signals.ts"
import { Stdio } from "../stdio.ts"
import { tell } from "../tell.ts"
import { serverTlsFlags } from "../tls/flags.ts"
import { checkTlsVariables, isTlsAsked, pathsOf, serverTls } from "../tls/server.ts"
import { attachFlags } from "../ui/flags.ts"
import type { PageFace } from "../ui/PageFace.ts"
import { startListening } from "./listening.ts"
import { serveDependencies } from "./serveDependencies.ts"

const modes = ["console", "broker", "echo", "discard"] as const
type Mode = (typeof modes)[number] | "reply"

/** The flags of `tcpfx serve`. */
export const serveFlags = {
  ...endpointFlags,
  ...familyFlags,
  ...listenFlags,
  mode: value("mode", modes.join("|"), oneOf(...modes), {
    help: "console (default): show what comes; broker: relay to all others; echo: send back; discard: take and drop.",
  }),
  broker: toggle("broker", { help: "The same as --mode broker." }),
  reply: value("reply", "TEXT", parseEscapes, {
    help: "Answer each frame with TEXT; escapes such as \\n and \\x00 are understood.",
  }),
  ...framingFlags,
  halfClosed: value("half-closed", "close|keep", oneOf("close", "keep"), {
    help: "A client that has sent FIN is closed too, or kept for what is still sent to it (the default of broker).",
  }),
  slowConsumer: value("slow-consumer", "disconnect|drop-oldest|block", oneOf(...slowConsumerPolicies), {
    help: "What a client meets that lags beyond --hub-budget (default disconnect).",
  }),
  hubBudget: value("hub-budget", "SIZE", parseSize, {
    help: `What may wait for one client (default ${formatBytes(limits.hubBudgetBytes)}).`,
  }),
  ...serverTlsFlags,
  ...accessFlags,
  ...limitFlags,
  control: value("control", "PATH", parseControlPath, {
    help: "Take commands on a unix socket of its own (state, suspend, resume, listen, stop, kick, reload, drain).",
  }),
  drain: value("drain", "TIME", parseDuration, {
    help: "How long Ctrl-C and SIGTERM let the connections come to an orderly end (default 5s).",
  }),
  output: outputFlag("text"),
  timestamps: timestampsFlag,
  noTraffic: toggle("no-traffic", { help: "Show connections only, not what is received and sent." }),
  ...attachFlags,
}

const config = { args: argumentsOf("endpoint"), ...optionsOf(serveFlags) }

type ServeOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx serve`. */
export const serveCommand = Command.make("serve", config)

/** What `tcpfx serve --help` says. */
export const serveHelp: CommandHelp = {
  usage: "tcpfx serve [host] [port] [options], tcpfx serve endpoint... [options]",
  summary: "Listen, show what clients send, send every line of standard input to all of them.",
  flags: shapesOf(serveFlags),
  examples: [
    ["tcpfx serve", "listen on 127.0.0.1:12345"],
    ["tcpfx serve --reply 'Hello, client!'", "answer every message"],
    ["tcpfx serve 0.0.0.0 9000 --broker --frame line", "a chat for the whole network"],
    ["tcpfx serve unix:/run/x.sock --output json", "events as JSON, one a line"],
    ["tcpfx serve 127.0.0.1:9000 [::1]:9000 unix:@x", "several endpoints at once"],
  ],
  notes: [
    "An endpoint is host port, host:port, :port, a port, [ipv6]:port or unix:/path. Port 0 takes a free one.",
    "unix:@name is an abstract name (Linux), fd:3 a listening socket passed on. Of several, each names its port.",
    "A name is listened on at its first address (-4, -6: of that family); [::] takes IPv4 too, 0.0.0.0 IPv4 only.",
    "Ctrl-C lets the connections come to an orderly end; again ends at once.",
  ],
}

const modeOf = (options: ServeOptions) => {
  const given: ReadonlyArray<Mode> = [
    ...Option.toArray(options.mode),
    ...(options.broker ? (["broker"] as const) : []),
    ...(Option.isSome(options.reply) ? (["reply"] as const) : []),
  ]
  const distinct = [...new Set(given)]
  return distinct.length > 1
    ? Either.left(usageError(`--mode, --broker and --reply exclude each other: ${distinct.join(" and ")}`))
    : Either.right<Mode>(distinct[0] ?? "console")
}

const halfClosedOf = (mode: Mode, options: ServeOptions): Handler.HalfClosed =>
  Option.getOrElse(options.halfClosed, () => (mode === "broker" ? "keep" : "close"))

const assistantMode = (mode: Mode, { reply }: ServeOptions): ServerMode =>
  mode === "reply" ? { reply: Option.getOrElse(reply, () => new Uint8Array(0)) } : mode

const settingsOf = (options: ServeOptions) =>
  Effect.gen(function* () {
    const { fields } = ServerConfig
    const family = yield* Effect.mapError(given(yield* familyFrom(options), fields.family), environmentError)
    const listen = yield* listenEndpointsFrom(options, defaultHostOf(family))
    const settings = yield* Effect.all({
      ...fields,
      listen: given(listen, fields.listen),
      family: Effect.succeed(family),
      ipv6Only: given(options.ipv6Only ? Option.some(true) : Option.none(), fields.ipv6Only),
      unixMode: given(options.unixMode, fields.unixMode),
      frame: given(options.frame, fields.frame),
      maxFrame: given(options.maxFrame, fields.maxFrame),
      hubBudget: given(options.hubBudget, fields.hubBudget),
      slowConsumer: given(options.slowConsumer, fields.slowConsumer),
      proxyProtocol: given(options.proxyProtocol, fields.proxyProtocol),
      proxyFrom: options.proxyFrom.length > 0 ? Effect.succeed(options.proxyFrom.flat()) : fields.proxyFrom,
      handshakeTimeout: given(options.handshakeTimeout, fields.handshakeTimeout),
      ...limitSettings(options),
      drain: given(options.drain, fields.drain),
    }).pipe(Effect.mapError(environmentError))
    return yield* Effect.as(checkHeartbeat(settings), settings)
  })

// Where the output is the purpose, or is read by a program, nothing is left out.
const paceOf = (mode: Mode, output: OutputMode): Showing["pace"] =>
  output === "text" && (mode === "broker" || mode === "echo" || mode === "discard") ? "relay" : "all"

/** Whether the bytes of the clients go to standard output as they are, and nowhere else. */
const isRawSink = (mode: Mode, output: OutputMode, { noTraffic }: ServeOptions, { frame }: ServerSettings): boolean =>
  output === "raw" && !noTraffic && frame === Framing.raw && (mode === "console" || mode === "discard")

/** Whether it may listen on other endpoints than those of the command line and of `TCPFX_LISTEN`. */
const mayListenElsewhere = (options: ServeOptions): boolean =>
  options.inherit || Option.isSome(options.control) || process.env["LISTEN_FDS"] !== undefined

/** Runs `tcpfx serve`; gives the exit code. */
export const runServe = (options: ServeOptions, page: PageFace) =>
  Effect.gen(function* () {
    const mode = yield* modeOf(options)
    const read = yield* settingsOf(options)
    yield* checkProxies(read)
    yield* checkPayloads("reply", Option.toArray(options.reply), read)
    const output = Option.getOrElse(options.output, (): OutputMode => "text")
    const timestamps = yield* timestampsOf(options.timestamps)
    const endpoints = "_tag" in read.listen ? [read.listen] : read.listen
    const paths = yield* pathsOf(options)
    const hasTls = isTlsAsked(options, paths)
    yield* checkDependencies(serveDependencies, serveFlags, options, {
      mode,
      output,
      endpoints: mayListenElsewhere(options) ? undefined : endpoints,
      hasTls,
      hasCertificate: paths.certs.length > 0,
      hasHeartbeat: read.heartbeat !== undefined,
      hasProxies: read.proxyProtocol === "require",
      hasPage: options.ui,
    })
    yield* checkTlsVariables(paths, hasTls)
    const room = yield* connectionRoom(read.maxConns)
    const signals = yield* Signals
    const stdio = yield* Stdio
    const tls = Option.getOrUndefined(yield* signals.unlessEnded(serverTls(options, endpoints)))
    const settings: ServerSettings = {
      ...read,
      ...(yield* signals.unlessEnded(accessRules(options, read))),
      maxConns: room.most,
      tls: tls?.acceptor,
    }
    const renderer = yield* serverRenderer(output, settings.frame, halfClosedOf(mode, options) === "keep", timestamps)
    const showing: Showing = { pace: paceOf(mode, output) }
    const outer = yield* Effect.scope
    // The page shows what passes, so it passes by the events.
    const rawServing =
      !options.ui && isRawSink(mode, output, options, settings)
        ? yield* makeRawServing(halfClosedOf(mode, options))
        : undefined
    const hasAccessFiles = options.allowFile.length > 0 || options.denyFile.length > 0
    const reloadOf = (server: Server["Type"]) =>
      allOf([
        ...(hasAccessFiles ? [reloadAccess(server, options, read)] : []),
        ...(tls?.reload === undefined ? [] : [tls.reload(server)]),
      ])
    const services = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof reloadOf>>>()
    const served = yield* Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const leave = Effect.asVoid(Deferred.succeed(asked, undefined))
      const assistant = yield* ServerAssistant.make({
        settings,
        mode: assistantMode(mode, options),
        halfClosed: halfClosedOf(mode, options),
        ...(rawServing === undefined ? {} : { handler: rawServing.handler }),
        reload: (server) => Effect.provide(reloadOf(server), services),
        drain: leave,
        leave,
      })
      const { server } = assistant
      const events = yield* Scope.extend(
        server.subscribe({ frames: !options.noTraffic && rawServing === undefined, ...subscription(showing) }),
        outer,
      )
      const reload = reloadOf(server)
      // A log that was rotated is opened anew before the rules are read, as that may take its time.
      const reopen = Effect.sync(stdio.reopen)
      if (hasAccessFiles || tls?.reload !== undefined || stdio.hasFile) {
        yield* signals.onHangUp(Effect.zipRight(reopen, Effect.ignore(reload)))
      }
      if (Option.isSome(options.control)) {
        yield* serveControl(options.control.value, { assistant, backlog: settings.backlog })
      }
      yield* signals.unlessEnded(startListening(server, { ...options, isGiven: isEndpointGiven(options) }, settings))
      const limitNotes = [room.note, yield* backlogNote(settings.backlog)].filter((note) => note !== undefined)
      const notes = [...limitNotes, ...(tls?.notes ?? [])]
      yield* Effect.forEach(notes, tell, { discard: true })
      if (options.ui) yield* signals.unlessEnded(page.attach(assistant, "serve", options))
      const shown = yield* Effect.forkIn(show(events, renderer, showing), outer)
      if (takesInput(mode)) yield* Effect.forkScoped(sendInput(server, settings))
      const ending = Effect.raceFirst(Fiber.join(shown), Deferred.await(asked))
      const signal = yield* Effect.raceFirst(signals.first, Effect.as(ending, undefined))
      yield* stdio.beginEnd(settings.drain)
      yield* server.drain
      if (rawServing !== undefined) yield* stdio.untilGivenUp(rawServing.written)
      return { shown, code: signal === undefined ? exitCode.ok : signalExitCode[signal] }
    }).pipe(Effect.scoped)
    // The last events are still to be written; a reader that stands still keeps the process no longer than a drain may.
    yield* stdio.untilGivenUp(Fiber.join(served.shown))
    return served.code
  }).pipe(
    Effect.catchTags({
      EndedBySignal: ({ signal }) => Effect.succeed(signalExitCode[signal]),
      Refusal: ({ message }) => usageError(message),
    }),
    Effect.scoped,
  )

/** Runs every reload, tells the user what failed, and fails with all of it. */
const allOf = <R>(reloads: ReadonlyArray<Effect.Effect<void, CommandFailed, R>>) =>
  Effect.gen(function* () {
    const results = yield* Effect.forEach(reloads, Effect.either)
    const failures = results.filter(Either.isLeft).map(({ left }) => left.message)
    yield* Effect.forEach(failures, tell, { discard: true })
    if (failures.length > 0) return yield* usageError(failures.join("; "))
  })

// The other modes answer by themselves. One that read the terminal all the same would be stopped when it is put in the
// background (SIGTTIN, termios(3)).
const takesInput = (mode: Mode): boolean => mode === "console" || mode === "broker"

/** Every line of standard input goes to every client; its end is no reason to leave. */
const sendInput = (server: Server["Type"], settings: ServerSettings) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const { frame, maxFrame } = settings
    const payloads = inputPayloads(yield* stdio.openInput, frame, maxFrame, (skipped) =>
      stdio.say(`tcpfx: ${describeSkipped(skipped, maxFrame)}\n`),
    )
    while (yield* payloads.more) {
      // Somebody who types sees that nobody is there; what a program sends waits for the first client.
      if (stdio.inputKind !== "terminal") yield* someoneIsThere(server)
      // Lines are cut and bounded by the framing already.
      yield* Effect.orDie(Effect.forEach(payloads.take(), server.broadcast, { discard: true }))
    }
  }).pipe(
    Effect.scoped,
    Effect.catchTag("CommandFailed", (error) => tell(`${error.message}; standard input is read no further`)),
  )

const someoneIsThere = (server: Server["Type"]) =>
  Effect.gen(function* () {
    const events = yield* server.subscribe()
    const connections = yield* server.connections
    if (connections.some(({ state }) => state !== "closing")) return
    yield* Stream.runDrain(Stream.takeUntil(events, (event) => event._tag === "ConnectionOpened"))
  }).pipe(Effect.scoped)
