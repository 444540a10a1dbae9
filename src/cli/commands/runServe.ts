import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ServerAssistant, type ServerAssistantService } from "../../assistant/ServerAssistant.ts"
import { type ConnectionId, Framing, formatEndpoint, listenEndpoints } from "../../domain/index.ts"
import { ConnectionHosting } from "../../server/ConnectionHost.ts"
import type { CheckedServerSettings, ServerService } from "../../server/index.ts"
import { automate, startRepeats } from "../automation/automate.ts"
import { automationOf } from "../automation/automationOf.ts"
import { greet } from "../automation/greet.ts"
import { canHaveConsole } from "../console/canHaveConsole.ts"
import { historyPath } from "../console/historyPath.ts"
import { runConsole } from "../console/runConsole.ts"
import { typedForm } from "../console/typedForm.ts"
import { serveControl } from "../control/controlServer.ts"
import { accessRules } from "../files/accessRules.ts"
import { checkProxies } from "../flags/accessFlags.ts"
import { checkDependencies } from "../flags/dependencies.ts"
import { isEndpointGiven } from "../flags/endpointArgs.ts"
import { namedFiles } from "../flags/given.ts"
import { keepaliveNote } from "../flags/keepaliveFlag.ts"
import { logFacts } from "../flags/logFlags.ts"
import { checkNames } from "../flags/netcatFlags.ts"
import { payloadFormOf } from "../flags/payloadFlags.ts"
import { checkPayloads, payloadsOf } from "../flags/payloads.ts"
import { programFrom } from "../flags/programFlags.ts"
import { checkEncoding, lookOf } from "../flags/viewFlags.ts"
import { watchFacts } from "../flags/watchFlags.ts"
import { historyHub, hubFacts, sharedHub } from "../hub/sharedHub.ts"
import { filesOf, openLogs } from "../logs/openLogs.ts"
import { shownEvents } from "../output/eventBlocks.ts"
import { coderOf, setEncoding, withClockOf } from "../output/Look.ts"
import { type Showing, serverRenderer, show, subscription } from "../output/renderers.ts"
import { type CommandFailed, exitCode, networkError, signalExitCode, usageError } from "../process/exit.ts"
import { backlogNote, connectionRoom } from "../process/openFiles.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { debug, tell, tellError, warn } from "../process/tell.ts"
import { checkTlsVariables, isTlsAsked, pathsOf, serverTls } from "../tls/server.ts"
import type { PageFace } from "../ui/PageFace.ts"
import { watchServer } from "../watch/serverWatch.ts"
import { checkWorkers, crewOf, workerMode, workersOf } from "../workers/crewOf.ts"
import { firstClientLeft } from "./firstClient.ts"
import {
  isStandardInput,
  onlyConnectionLeft,
  withAcceptedConnection,
  withListeningInput,
  withoutListening,
} from "./inetd.ts"
import { makeLeaving } from "./leaving.ts"
import { endpointsOf, startListening } from "./listening.ts"
import { chatOptions, operatorLine } from "./operatorLine.ts"
import { leavesAddress, pickListen } from "./picking.ts"
import { serveProgramDependencies } from "./programDependencies.ts"
import { reloadAccess } from "./reloadAccess.ts"
import { sendInput } from "./sendInput.ts"
import { type Mode, type ServeOptions, serveFlags } from "./serve.ts"
import { serveDependencies } from "./serveDependencies.ts"
import {
  assistantMode,
  mayListenElsewhere,
  modeOf,
  outputOf,
  paceOf,
  servesOneClient,
  settingsOf,
} from "./serveSettings.ts"
import { limitOf, servingOf } from "./serving.ts"

/** The options of a chat. Its lines are text, so defaults for payloads of bytes have no effect. */
const asText = (options: ServeOptions): ServeOptions => ({ ...options, hex: false, checksum: Option.none() })

/** Runs `tcpfx serve`. Returns the exit code. */
export const runServe = (options: ServeOptions, page: PageFace) =>
  options.inetd ? withAcceptedConnection(options, serveAs(options, page)) : serveAs(options, page)

/** Reads the settings, and serves. */
const serveAs = (options: ServeOptions, page: PageFace) =>
  Effect.gen(function* () {
    const mode = yield* modeOf(options)
    const asked = yield* settingsOf(options, mode)
    const serve = serveWith(options, page, mode, asked)
    const listensOnInput = !options.inetd && listenEndpoints(asked.listen).some(isStandardInput)
    return yield* listensOnInput ? withListeningInput(options, serve) : serve
  })

const serveWith = (options: ServeOptions, page: PageFace, mode: Mode, asked: CheckedServerSettings) =>
  Effect.gen(function* () {
    yield* checkProxies(asked)
    const look = yield* lookOf(options, true)
    yield* checkEncoding(look, asked.frame)
    const form = yield* payloadFormOf(mode === "chat" ? asText(options) : options, asked.frame, yield* coderOf(look))
    const [reply] = yield* payloadsOf("reply", Option.toArray(options.reply), form)
    yield* checkPayloads("reply", reply === undefined ? [] : [reply], asked)
    yield* checkPayloads("refusal", asked.refusal === undefined ? [] : [asked.refusal], asked)
    yield* checkPayloads("send", yield* payloadsOf("send", options.send, form), asked)
    const signals = yield* Signals
    const stdio = yield* Stdio
    const output = yield* outputOf(options, stdio.outputIsTerminal)
    const isConsole = !options.plain && Option.isNone(options.output) && canHaveConsole(stdio, process.env)
    const isForOneClient = servesOneClient(mode, options)
    const program = yield* programFrom(options)
    const hasProgram = Option.isSome(program)
    yield* checkDependencies(serveProgramDependencies, serveFlags, options, { hasProgram })
    yield* checkNames(options, listenEndpoints(asked.listen))
    const paths = yield* pathsOf(options)
    const hasTls = isTlsAsked(options, paths)
    yield* checkDependencies(serveDependencies, serveFlags, options, {
      mode,
      frame: Option.getOrElse(options.frame, () => asked.frame),
      output,
      look,
      showsTraffic: !options.noTraffic,
      sendsText: (mode !== "echo" && mode !== "discard") || options.send.length + options.macro.length > 0,
      hasRawFrames: asked.frame === Framing.raw,
      endpoints: mayListenElsewhere(options) ? undefined : listenEndpoints(asked.listen),
      leavesAddress: leavesAddress(options, asked.listen),
      isConsole,
      hasTls,
      hasCertificate: paths.certs.length > 0,
      hasHeartbeat: asked.heartbeat !== undefined,
      hasProxies: asked.proxyProtocol === "require",
      hasPage: options.ui,
      servesOneClient: isForOneClient,
      isInetd: options.inetd,
      sendOnly: options.sendOnly,
      readsInput: !options.noStdin && !options.recvOnly,
      ...logFacts(options),
      ...watchFacts(options),
      ...hubFacts(options),
      nameFrom: Option.getOrUndefined(options.nameFrom),
      hasClientCertificates: Option.isSome(paths.clientCa),
      hasSendings: options.send.length + options.macro.length > 0,
    })
    const automation = yield* automationOf(options, form)
    yield* checkTlsVariables(paths, hasTls)
    const workers = workersOf(options)
    const hasRules = automation.rules.length > 0
    yield* checkWorkers(options, { mode, settings: asked, isForOneClient, hasRules })
    const room = yield* connectionRoom(limitOf(asked, isForOneClient, mode), filesOf(options), workers)
    const attachPage = options.ui ? yield* signals.unlessEnded(page.prepare(options)) : undefined
    const picked = yield* signals.unlessEnded(pickListen(options, asked, isConsole))
    const read: CheckedServerSettings = { ...asked, listen: picked.listen }
    const tls = Option.getOrUndefined(yield* signals.unlessEnded(serverTls(options, listenEndpoints(read.listen))))
    const serving = yield* servingOf(options, read, {
      mode,
      program,
      output,
      isConsole,
      isForOneClient,
      hasRules,
      form,
      hasWorkers: workers !== undefined,
    })
    const crew =
      workers === undefined
        ? undefined
        : crewOf({ count: workers, mode: workerMode(mode, reply), halfClosed: serving.halfClosed, tls })
    const settings: CheckedServerSettings = {
      ...read,
      ...serving.settings,
      ...(yield* signals.unlessEnded(accessRules(options, read))),
      maxConns: room.most,
      tls: tls?.acceptor,
    }
    const hub = yield* signals.unlessEnded(sharedHub(options, settings))
    const ownHub = hub ?? (yield* historyHub(options, settings))
    const named: { assistant?: ServerAssistantService } = {}
    const nameOf = Option.isSome(options.nameFrom) ? (id: ConnectionId) => named.assistant?.nameOf(id) ?? "" : undefined
    const renderer = yield* serverRenderer(output, settings.frame, {
      halfClosedKept: serving.halfClosed === "keep",
      look,
      nameOf,
      quietProbes: options.quietProbes,
      showsTraffic: !options.noTraffic,
    })
    const showing: Showing = { pace: paceOf(mode, output) }
    const others = namedFiles(serveFlags, options)
    const logs = yield* signals.unlessEnded(openLogs(options, { isServer: true, others }))
    const outer = yield* Effect.scope
    const hasAccessFiles = options.allowFile.length > 0 || options.denyFile.length > 0
    const reloadOf = (server: ServerService) =>
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
        mode: assistantMode(mode, reply),
        chat: chatOptions(options, isConsole || output !== "text" ? undefined : stdio.say),
        defaultListen: formatEndpoint(endpointsOf(read.listen, read.family)[0]),
        halfClosed: serving.halfClosed,
        ...(ownHub === undefined ? {} : { hub: ownHub }),
        ...(Option.isNone(options.nameFrom) ? {} : { nameFrom: options.nameFrom.value }),
        ...(serving.handler === undefined ? {} : { handler: serving.handler }),
        reload: (server) => Effect.provide(reloadOf(server), services),
        drain: leave,
        leave,
      }).pipe(Effect.provideService(ConnectionHosting, crew?.open))
      yield* setEncoding(assistant.execute, look)
      const { chat, server } = assistant
      named.assistant = assistant
      yield* automate(assistant, automation, settings)
      yield* greet(assistant, automation)
      const events = yield* Scope.extend(
        server.subscribeEvents({
          frames: (!options.noTraffic || options.quietProbes) && serving.showsFrames && !isConsole,
          ...subscription(showing),
        }),
        outer,
      )
      yield* logs.watchServer(server, settings.frame, !options.noTraffic)
      const reload = reloadOf(server)
      // Reading the rules may take long, so a rotated log is reopened first.
      const reopen = Effect.zipRight(Effect.sync(stdio.reopen), logs.reopen)
      if (hasAccessFiles || tls?.reload !== undefined || stdio.hasFile || filesOf(options) > 0) {
        yield* signals.onHangUp(Effect.zipRight(reopen, Effect.ignore(reload)))
      }
      if (Option.isSome(options.control)) {
        yield* serveControl(options.control.value, { assistant, backlog: settings.backlog })
      }
      const leaving = makeLeaving(options)
      const watchNotes = yield* watchServer(options, {
        server,
        frame: settings.frame,
        hub,
        isLeaving: leaving.hasBegun,
      })
      yield* startRepeats(assistant, automation)
      const listening = { ...options, isGiven: isEndpointGiven(options), isAsked: picked.isAsked }
      if (isForOneClient) yield* Effect.forkScoped(Effect.zipRight(yield* firstClientLeft(server), leave))
      if (options.inetd) yield* Effect.forkScoped(Effect.zipRight(yield* onlyConnectionLeft(server), leave))
      const report = yield* signals.unlessEnded(startListening(server, listening, settings))
      // The workers start after the change to `--user`, so they run as that user.
      if (crew !== undefined)
        yield* signals.unlessEnded(Effect.mapError(crew.begin, ({ message }) => networkError(message)))
      yield* logs.begin
      const limitNotes = [room.note, yield* backlogNote(settings.backlog), keepaliveNote(settings.keepalive)]
      const warnings = [...limitNotes.filter((note) => note !== undefined), ...(tls?.warnings ?? [])]
      const notes = [...watchNotes, ...report.notes, ...warnings, ...(tls?.notes ?? [])]
      // The console has a row for each endpoint, and shows the notes itself.
      const isToldByConsole = isConsole && stdio.together
      if (!isToldByConsole) {
        yield* Effect.forEach(
          [...(options.inetd ? [] : report.endpoints), ...notes],
          (note) => (warnings.includes(note) ? warn : tell)(note),
          { discard: true },
        )
      }
      if (attachPage !== undefined) yield* signals.unlessEnded(attachPage(assistant, "serve"))
      let isDraining = false
      const console = runConsole({
        assistant,
        history: historyPath(process.env, Option.getOrUndefined(options.project)),
        look,
        notes: isToldByConsole ? notes : [],
        showsTraffic: !options.noTraffic,
        form: typedForm(form, settings.frame),
        typed: picked.typed,
        // The console shows the drain. As with signals, the user ends the command at once when the user leaves again.
        onLeave: Effect.suspend(() => (isDraining ? signals.endNow : leave)),
      })
      const shown = yield* Effect.forkIn(
        isConsole
          ? Effect.raceFirst(console, Stream.runDrain(events))
          : show(shownEvents(options.inetd ? withoutListening(events) : events, look), renderer, showing),
        outer,
      )
      const send = chat === undefined ? server.broadcast : operatorLine(assistant, chat)
      if (serving.takesInput) yield* Effect.forkScoped(sendInput(server, settings, form, send))
      const ending = Effect.raceFirst(Fiber.join(shown), Deferred.await(asked))
      const signal = yield* Effect.raceFirst(signals.first, Effect.as(ending, undefined))
      yield* debug(signal === undefined ? "the server ends" : `${signal} ends the server`)
      isDraining = true
      // When nothing reads the output any more, the server drains at once.
      if (!isForOneClient && !options.inetd) yield* Effect.raceFirst(Fiber.await(shown), leaving.wait(server))
      yield* stdio.beginEnd(settings.drain)
      yield* server.drain
      yield* stdio.untilGivenUp(serving.written)
      return { shown, signal }
    }).pipe(Effect.scoped, withClockOf(look))
    // The last events may still wait to be written. A stalled reader delays the end by the drain deadline at most.
    yield* stdio.untilGivenUp(Fiber.join(served.shown))
    const isRecorded = yield* logs.finish(settings.drain)
    const code = served.signal === undefined ? yield* serving.code : signalExitCode[served.signal]
    return isRecorded || code !== exitCode.ok ? code : exitCode.network
  }).pipe(
    Effect.catchTags({
      EndedBySignal: ({ signal }) => Effect.succeed(signalExitCode[signal]),
      Refusal: ({ message }) => usageError(message),
    }),
    Effect.scoped,
  )

/** Runs every reload, reports each failure to the user, and fails with all of them. */
const allOf = <R>(reloads: ReadonlyArray<Effect.Effect<void, CommandFailed, R>>) =>
  Effect.gen(function* () {
    const results = yield* Effect.forEach(reloads, Effect.either)
    const failures = results.filter(Either.isLeft).map(({ left }) => left.message)
    yield* Effect.forEach(failures, tellError, { discard: true })
    if (failures.length > 0) return yield* usageError(failures.join("; "))
  })
