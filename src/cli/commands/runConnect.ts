import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { Client, type ClientService } from "../../client/index.ts"
import { describeCloseReason, type Endpoint, endpointDefaults, Framing, tcpEndpoint } from "../../domain/index.ts"
import { noAutomation } from "../automation/Automation.ts"
import type { AssistedConnect } from "../automation/assistedConnect.ts"
import { canHaveConsole } from "../console/canHaveConsole.ts"
import { checkClientRules } from "../flags/automationFlags.ts"
import { checkDependencies } from "../flags/dependencies.ts"
import { endpointFrom } from "../flags/endpointArgs.ts"
import { namedFiles } from "../flags/given.ts"
import { tellKeepaliveNote } from "../flags/keepaliveFlag.ts"
import { defaultHostOf } from "../flags/listenArgs.ts"
import { logFacts } from "../flags/logFlags.ts"
import { checkNames } from "../flags/netcatFlags.ts"
import { payloadFormOf } from "../flags/payloadFlags.ts"
import { checkPayloads, payloadsOf } from "../flags/payloads.ts"
import { programFrom } from "../flags/programFlags.ts"
import { reconnectSettings } from "../flags/reconnectFlags.ts"
import { pacingOf, untilsOf } from "../flags/talkFlags.ts"
import { asksForRows, checkEncoding, lookOf } from "../flags/viewFlags.ts"
import { watchFacts } from "../flags/watchFlags.ts"
import { openLogs } from "../logs/openLogs.ts"
import { shownEvents } from "../output/eventBlocks.ts"
import { coderOf, setEncoding, withClockOf } from "../output/Look.ts"
import { clientRenderer, type OutputMode, show } from "../output/renderers.ts"
import { exitCode, networkError, signalExitCode, usageError } from "../process/exit.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { checkProgram } from "../programs/checkProgram.ts"
import { programConversation } from "../programs/programConversation.ts"
import { clientTls, clientTlsFacts } from "../tls/client.ts"
import { tlsOptionsFor } from "../tls/options.ts"
import type { PageFace } from "../ui/PageFace.ts"
import { type ConnectOptions, connectFlags } from "./connect.ts"
import { checkHops, checkTexts } from "./connectChecks.ts"
import { connectDependencies } from "./connectDependencies.ts"
import { connectSettings } from "./connectSettings.ts"
import { converse } from "./converse.ts"
import { Losses } from "./Losses.ts"
import { makeOutgoing, noOutgoing, repeatedOutgoing } from "./outgoing.ts"
import { connectProgramDependencies } from "./programDependencies.ts"

const hasSendings = ({ macro, send }: ConnectOptions): boolean => send.length > 0 || macro.length > 0

/** Whether no option of the command line excludes the console. */
const wantsConsole = (options: ConnectOptions): boolean => {
  const { delay, exec, lockstep, noShutdown, noStdin, once, output, plain, quit, shExec, until } = options
  if (Option.isSome(exec) || Option.isSome(shExec)) return false
  if (noStdin || options.recvOnly || options.sendOnly || until.length > 0) return false
  if (lockstep || Option.isSome(delay)) return false
  return !plain && !once && !noShutdown && !hasSendings(options) && Option.isNone(output) && Option.isNone(quit)
}

/**
 * Whether the end of the input sends FIN. It sends none with `--no-shutdown`, with `--ui`, where the user sends FIN in the
 * page, and with `--send-only`, which closes the connection. Without `-N` it also sends none with `-d` and `--recv-only`;
 * with rules, whose replies follow the end of the input; and with `--until`, because many servers close at FIN.
 */
const sendsFin = (options: ConnectOptions, hasRules: boolean): boolean => {
  const { noShutdown, noStdin, recvOnly, sendOnly, shutdown, ui, until } = options
  if (noShutdown || ui || sendOnly) return false
  return shutdown || !(noStdin || recvOnly || hasRules || until.length > 0)
}

/** Runs `tcpfx connect`. Returns the exit code. */
export const runConnect = (options: ConnectOptions, page: PageFace, assisted: AssistedConnect | undefined) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const signals = yield* Signals
    const withoutTls = yield* connectSettings(options)
    yield* checkClientRules(options.rule)
    const host = defaultHostOf(withoutTls.family)
    const fallback = tcpEndpoint(host, endpointDefaults.port)
    const endpoint = Option.getOrElse(yield* endpointFrom(options, host), (): Endpoint => fallback)
    if (endpoint._tag === "Tcp" && endpoint.port === 0) {
      return yield* usageError("a client cannot connect to port 0; give a port from 1 to 65535")
    }
    const { proxy } = withoutTls
    yield* checkNames(options, proxy === undefined ? [endpoint] : [proxy.endpoint])
    const isForRows = yield* asksForRows(options)
    const output = Option.getOrElse(
      options.output,
      (): OutputMode => (stdio.outputIsTerminal || isForRows ? "text" : "raw"),
    )
    // With --send-only, received data is not shown.
    const only = options.sendOnly ? Option.some("out" as const) : options.only
    const look = yield* lookOf({ ...options, only }, false)
    yield* checkEncoding(look, withoutTls.frame)
    const program = yield* programFrom(options)
    if (Option.isSome(program)) yield* checkProgram(program.value, process.env["PATH"] ?? "")
    const hasProgram = Option.isSome(program)
    yield* checkDependencies(connectProgramDependencies, connectFlags, options, { hasProgram })
    yield* checkDependencies(connectDependencies, connectFlags, options, {
      endpoint,
      output,
      look,
      showsTraffic: true,
      sendsText: true,
      hasRawFrames: withoutTls.frame === Framing.raw,
      reconnect: options.reconnect,
      ...(yield* clientTlsFacts(options)),
      once: options.once,
      recvOnly: options.recvOnly,
      sendOnly: options.sendOnly,
      sendsAnything: !options.noStdin || hasSendings(options) || options.onConnect.length > 0,
      showsOnlyReceived: Option.contains(options.only, "in"),
      sendsOnce: Option.isNone(options.repeat) && (!options.noStdin || hasSendings(options)),
      hasHeartbeat: withoutTls.heartbeat !== undefined,
      hasPage: options.ui,
      sendsFin: !options.noShutdown,
      ...logFacts(options),
      ...watchFacts(options),
      hasSendings: hasSendings(options),
    })
    if (endpoint._tag === "Unix" && withoutTls.proxy !== undefined) {
      return yield* usageError("--proxy: a proxy connects to hosts and ports, not to unix sockets")
    }
    const form = yield* payloadFormOf(options, withoutTls.frame, yield* coderOf(look))
    const sent = yield* payloadsOf("send", options.send, form)
    yield* checkTexts(sent, withoutTls)
    const onConnect = yield* payloadsOf("on-connect", options.onConnect, form)
    yield* checkPayloads("on-connect", onConnect, withoutTls)
    yield* checkPayloads("heartbeat", Option.toArray(options.heartbeat), withoutTls)
    const until = yield* untilsOf(options, withoutTls.frame, form)
    const pacing = pacingOf(options, withoutTls)
    yield* checkHops(endpoint, withoutTls)
    const attachPage = options.ui ? yield* signals.unlessEnded(page.prepare(options)) : undefined
    const settings = {
      ...withoutTls,
      onConnect,
      tls: yield* signals.unlessEnded(clientTls(options, withoutTls.connectTimeout)),
    }
    yield* tellKeepaliveNote(settings.keepalive)
    const others = namedFiles(connectFlags, options)
    const logs = yield* signals.unlessEnded(openLogs(options, { isServer: false, others }))
    const outer = yield* Effect.scope
    const watch = (client: ClientService) =>
      assisted === undefined
        ? Effect.void
        : // The outer scope closes after the client, so the ends of its connections are counted.
          assisted
            .watchClient(options, client, settings.frame)
            .pipe(
              Scope.extend(outer),
              Effect.flatMap(Effect.forEach(tell, { discard: true })),
              Effect.provideService(Stdio, stdio),
            )
    const record = (client: ClientService) =>
      logs.watchClient(client, settings.frame).pipe(Effect.zipRight(watch(client)), Effect.zipRight(logs.begin))
    const automation = assisted === undefined ? noAutomation : yield* assisted.automationOf(options, form)
    if (assisted !== undefined && wantsConsole(options) && canHaveConsole(stdio, process.env)) {
      yield* signals.unlessEnded(
        assisted.console({
          automation,
          settings,
          endpoint,
          form,
          look,
          project: Option.getOrUndefined(options.project),
          reconnect: yield* reconnectSettings(options),
          record,
          attachPage,
        }),
      )
      return exitCode.ok
    }
    const renderer = yield* clientRenderer(output, settings.frame, look)
    const reconnect = yield* reconnectSettings(options)
    const losses = reconnect === undefined ? undefined : new Losses(settings.frame)
    yield* checkPayloads("send", sent, settings)
    const texts = assisted === undefined ? sent : yield* assisted.bytesOf(automation, settings, form.coder)
    const isRepeated = automation.interval !== undefined
    const readsNothing = (options.noStdin && texts.length === 0) || options.recvOnly
    const outgoing = isRepeated
      ? repeatedOutgoing
      : readsNothing
        ? noOutgoing
        : yield* makeOutgoing(texts, { ...settings, form, lends: output === "raw", byLine: pacing !== undefined })
    const hasRules = automation.rules.length > 0
    const talking = converse({
      outgoing,
      peer: "server",
      raw: output === "raw",
      until,
      within: options.timeout,
      sendOnly: options.sendOnly,
      pacing,
      shutdown: sendsFin(options, hasRules) ? "always" : "never",
      explainsFin: !options.shutdown,
      quit: options.quit,
      losses,
      frame: settings.frame,
    })
    const conversation = Option.isSome(program) ? yield* programConversation(program.value, output !== "raw") : talking
    const ended = yield* Effect.gen(function* () {
      const window =
        assisted !== undefined && (options.ui || hasRules || isRepeated)
          ? yield* assisted.makeWindow({ settings, reconnect, automation, conversation, stays: options.ui })
          : undefined
      if (window !== undefined) yield* setEncoding(window.assistant.execute, look)
      const client = window === undefined ? yield* Client.make(settings) : window.assistant.client
      yield* record(client)
      const events = yield* Scope.extend(client.subscribeEvents({ frames: output !== "raw", overflow: "block" }), outer)
      const shown = yield* Effect.forkIn(show(shownEvents(events, look), renderer), outer)
      const withoutPage = reconnect
        ? client.run(endpoint, conversation, { ...reconnect, onPeerEnd: "end" })
        : Effect.scoped(Effect.flatMap(client.connect(endpoint), conversation))
      if (window !== undefined && attachPage !== undefined) {
        yield* signals.unlessEnded(attachPage(window.assistant, "connect"))
      }
      const talk = window === undefined ? withoutPage : window.talk(endpoint, output === "raw")
      const signal = yield* Effect.raceFirst(
        Effect.as(Effect.raceFirst(talk, Effect.zipRight(Fiber.join(shown), Effect.never)), undefined),
        signals.first,
      ).pipe(Effect.either)
      yield* stdio.beginEnd(settings.closeDeadline)
      return { shown, signal }
    }).pipe(Effect.scoped, withClockOf(look))
    // The last events may still wait to be written.
    yield* stdio.untilGivenUp(Fiber.join(ended.shown))
    const isRecorded = yield* logs.finish(settings.closeDeadline)
    const signal = yield* ended.signal
    if (signal !== undefined) return signalExitCode[signal]
    const lost = losses?.summary()
    if (lost !== undefined) return yield* networkError(lost)
    if (outgoing.unsentLines() > 0) return exitCode.usage
    return isRecorded ? exitCode.ok : exitCode.network
  }).pipe(
    Effect.catchTags({
      EndedBySignal: ({ signal }) => Effect.succeed(signalExitCode[signal]),
      ConnectError: (error) => networkError(`${error.message}${tlsOptionsFor(error.code)}`),
      ConnectionClosedError: (error) =>
        networkError(
          `the connection ended: ${describeCloseReason(error.reason)}${error.reason._tag === "TransportFailed" ? tlsOptionsFor(error.reason.code) : ""}`,
        ),
    }),
    Effect.scoped,
  )
