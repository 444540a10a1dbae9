import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { type CheckedClientSettings, Client, ClientConfig, type ClientService } from "../../client/index.ts"
import {
  type AddressFamily,
  describeCloseReason,
  type Endpoint,
  endpointDefaults,
  Framing,
  parseDuration,
  tcpEndpoint,
} from "../../domain/index.ts"
import { noAutomation } from "../automation/Automation.ts"
import type { AssistedConnect } from "../automation/assistedConnect.ts"
import { canHaveConsole } from "../console/canHaveConsole.ts"
import { automationFlags, checkClientRules } from "../flags/automationFlags.ts"
import { configFlags } from "../flags/configFlags.ts"
import { checkHeartbeat, deadlineFlags, deadlineSettings } from "../flags/deadlineFlags.ts"
import { checkDependencies } from "../flags/dependencies.ts"
import { endpointFrom } from "../flags/endpointArgs.ts"
import { familyFlags, familyFrom } from "../flags/familyFlags.ts"
import { anyText, argumentsOf, optionsOf, shapesOf, toggle, value, values } from "../flags/flag.ts"
import { environmentError, namedFiles } from "../flags/given.ts"
import type { CommandHelp } from "../flags/help.ts"
import { tellKeepaliveNote } from "../flags/keepaliveFlag.ts"
import { defaultHostOf } from "../flags/listenArgs.ts"
import { logFacts, logFlags } from "../flags/logFlags.ts"
import { checkNames, netcatConnectFlags } from "../flags/netcatFlags.ts"
import { attachFlags } from "../flags/pageFlags.ts"
import { payloadFlags, payloadFormOf } from "../flags/payloadFlags.ts"
import { checkPayloads, payloadsOf } from "../flags/payloads.ts"
import { programFlags, programFrom } from "../flags/programFlags.ts"
import { reconnectFlags, reconnectSettings } from "../flags/reconnectFlags.ts"
import { routeFlags, routeSettings } from "../flags/routeFlags.ts"
import { checkFrameSize, endpointFlags, framingFlags, outputFlag, plainFlag } from "../flags/sharedFlags.ts"
import { telnetFlags, telnetOf } from "../flags/telnetFlags.ts"
import { clientTlsFlags } from "../flags/tlsFlags.ts"
import { asksForRows, checkEncoding, lookOf, viewFlags } from "../flags/viewFlags.ts"
import { openLogs } from "../logs/openLogs.ts"
import { shownEvents } from "../output/eventBlocks.ts"
import { coderOf, setEncoding, withClockOf } from "../output/Look.ts"
import { clientRenderer, type OutputMode, show } from "../output/renderers.ts"
import { exitCode, networkError, signalExitCode, usageError } from "../process/exit.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { checkProgram } from "../programs/checkProgram.ts"
import { programConversation } from "../programs/programConversation.ts"
import { clientTls } from "../tls/client.ts"
import { tlsOptionsFor } from "../tls/options.ts"
import type { PageFace } from "../ui/PageFace.ts"
import { checkHops, checkTexts } from "./connectChecks.ts"
import { connectDependencies } from "./connectDependencies.ts"
import { converse } from "./converse.ts"
import { Losses } from "./Losses.ts"
import { makeOutgoing, repeatedOutgoing } from "./outgoing.ts"
import { connectProgramDependencies } from "./programDependencies.ts"

/** The flags of `tcpfx connect`. */
export const connectFlags = {
  ...endpointFlags,
  ...familyFlags,
  send: values("send", "TEXT", anyText, {
    help: "Send TEXT instead of standard input, with escapes such as \\n. May be given several times.",
  }),
  ...payloadFlags,
  ...automationFlags,
  once: toggle("once", {
    help: "Exit after the first reply: one frame, or with --frame raw all bytes until a pause of 50 ms.",
  }),
  noShutdown: toggle("no-shutdown", { help: "Do not send FIN at the end of the input: many servers close at FIN." }),
  quit: value("quit", "TIME", parseDuration, {
    alias: "q",
    help: "Wait at most TIME for the server to close after the end of the input; then exit with 1.",
  }),
  timeout: value("connect-timeout", "TIME", parseDuration, {
    alias: "w",
    help: "How long connecting may take, with all addresses of the name (default 10s).",
  }),
  ...netcatConnectFlags,
  ...programFlags("server"),
  ...reconnectFlags,
  ...routeFlags,
  ...deadlineFlags("server"),
  ...telnetFlags,
  ...clientTlsFlags,
  ...framingFlags,
  output: outputFlag("text in a terminal or with a flag for rows, else raw"),
  ...viewFlags,
  plain: plainFlag,
  ...logFlags,
  ...attachFlags,
  ...configFlags,
}

const config = { args: argumentsOf("endpoint"), ...optionsOf(connectFlags) }

type ConnectOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx connect`. */
export const connectCommand = Command.make("connect", config)

/** The help of `tcpfx connect`. */
export const connectHelp: CommandHelp = {
  usage: "tcpfx connect [host] [port] [options]",
  summary: "Connect, send standard input, and show what the server sends.",
  flags: shapesOf(connectFlags),
  examples: [
    ["tcpfx connect 127.0.0.1 12345", "talk to a server"],
    ["tcpfx connect --send 'Hello, server!' --once", "send a text, print the reply, exit"],
    ["tcpfx connect plc-1:502 --reconnect", "stay connected"],
    ["tcpfx connect host:9000 <file >reply", "send a file, keep the reply"],
  ],
  notes: [
    "An endpoint is host port, host:port, :port, a port, [ipv6]:port, unix:/path or unix:@name (an abstract name of Linux).",
    "The default is 127.0.0.1:12345.",
    "At the end of the input the client sends FIN (unless --no-shutdown), then waits until the server closes (-q: for TIME).",
    "With --ui the command stays after the connection ends. Without a console, the end of the input then sends no FIN.",
  ],
}

const settingsOf = (options: ConnectOptions, family: AddressFamily): CheckedClientSettings => {
  const frame = Option.getOrElse(options.frame, () => ClientConfig.defaults.frame)
  return {
    ...ClientConfig.defaults,
    family,
    // The client sends standard input even after the server's FIN. `converse` decides when the conversation ends.
    halfClosed: "keep",
    frame,
    maxFrame: Option.getOrElse(options.maxFrame, () => ClientConfig.defaults.maxFrame),
    // Each payload waits until the kernel has accepted the previous one. A lost connection then cuts off at most one
    // payload, and the memory of raw input can be reused. Raw payloads are large, so the wait costs no speed.
    ...(options.reconnect || frame.delimited === false ? { outbox: 0 } : {}),
    connectTimeout: Option.getOrElse(options.timeout, () => ClientConfig.defaults.connectTimeout),
  }
}

const hasSendings = ({ macro, send }: ConnectOptions): boolean => send.length > 0 || macro.length > 0

/** Whether no option of the command line excludes the console. */
const wantsConsole = (options: ConnectOptions): boolean => {
  const { exec, noShutdown, once, output, plain, quit, shExec } = options
  if (Option.isSome(exec) || Option.isSome(shExec)) return false
  return !plain && !once && !noShutdown && !hasSendings(options) && Option.isNone(output) && Option.isNone(quit)
}

/** Runs `tcpfx connect`. Returns the exit code. */
export const runConnect = (options: ConnectOptions, page: PageFace, assisted: AssistedConnect | undefined) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const signals = yield* Signals
    const family = Option.getOrElse(yield* familyFrom(options), () => ClientConfig.defaults.family)
    const withoutTls: CheckedClientSettings = {
      ...settingsOf(options, family),
      ...(yield* Effect.mapError(routeSettings(options), environmentError)),
      telnet: yield* Effect.mapError(telnetOf(options), environmentError),
      ...(yield* Effect.mapError(Effect.all(deadlineSettings(options)), environmentError)),
    }
    yield* checkFrameSize(withoutTls)
    yield* checkHeartbeat(withoutTls)
    yield* checkClientRules(options.rule)
    const host = defaultHostOf(family)
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
    const look = yield* lookOf(options, false)
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
      tls: options.tls,
      insecure: options.insecure,
      hasHeartbeat: withoutTls.heartbeat !== undefined,
      hasPage: options.ui,
      sendsFin: !options.noShutdown,
      ...logFacts(options),
      hasSendings: hasSendings(options),
    })
    if (endpoint._tag === "Unix" && withoutTls.proxy !== undefined) {
      return yield* usageError("--proxy: a proxy connects to hosts and ports, not to unix sockets")
    }
    const form = yield* payloadFormOf(options, withoutTls.frame, yield* coderOf(look))
    const sent = yield* payloadsOf("send", options.send, form)
    yield* checkTexts(sent, withoutTls)
    yield* checkHops(endpoint, withoutTls)
    const attachPage = options.ui ? yield* signals.unlessEnded(page.prepare(options)) : undefined
    const settings = { ...withoutTls, tls: yield* signals.unlessEnded(clientTls(options)) }
    yield* tellKeepaliveNote(settings.keepalive)
    const others = namedFiles(connectFlags, options)
    const logs = yield* signals.unlessEnded(openLogs(options, { isServer: false, others }))
    const record = (client: ClientService) => Effect.zipRight(logs.watchClient(client, settings.frame), logs.begin)
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
    const outgoing = isRepeated
      ? repeatedOutgoing
      : yield* makeOutgoing(texts, { ...settings, form, lends: output === "raw" })
    const hasRules = automation.rules.length > 0
    const outer = yield* Effect.scope
    const talking = converse({
      outgoing,
      peer: "server",
      raw: output === "raw",
      once: options.once,
      // The end of standard input sends no FIN in two cases: with the page, the user sends FIN in the page; with rules,
      // replies follow the end of the input.
      shutdown: options.noShutdown || options.ui || (hasRules && !options.shutdown) ? "never" : "always",
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
