import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ServerMode } from "../../assistant/index.ts"
import { Framing } from "../../domain/index.ts"
import { type Handler, ServerConfig, type ServerSettings } from "../../server/index.ts"
import { familyFrom } from "../flags/familyFlags.ts"
import { environmentError, given } from "../flags/given.ts"
import { limitSettings } from "../flags/limitFlags.ts"
import { defaultHostOf, listenEndpointsFrom } from "../flags/listenArgs.ts"
import { checkPayloads } from "../flags/payloads.ts"
import { checkFrameSize } from "../flags/sharedFlags.ts"
import { telnetOf } from "../flags/telnetFlags.ts"
import { asksForRows } from "../flags/viewFlags.ts"
import type { OutputMode, Showing } from "../output/renderers.ts"
import { usageError } from "../process/exit.ts"
import { inetdEndpoint } from "./inetd.ts"
import type { Mode, ServeOptions } from "./serve.ts"

export const modeOf = (options: ServeOptions) => {
  const given: ReadonlyArray<Mode> = [
    ...Option.toArray(options.mode),
    ...(options.broker ? (["broker"] as const) : []),
    ...(Option.isSome(options.reply) ? (["reply"] as const) : []),
    ...(Option.isSome(options.exec) || Option.isSome(options.shExec) ? (["program"] as const) : []),
  ]
  const distinct = [...new Set(given)]
  return distinct.length > 1
    ? Either.left(usageError(`--mode, --broker, --reply and --exec exclude each other: ${distinct.join(" and ")}`))
    : Either.right<Mode>(distinct[0] ?? "console")
}

export const halfClosedOf = (mode: Mode, options: ServeOptions): Handler.HalfClosed =>
  Option.getOrElse(options.halfClosed, () => (mode === "broker" || mode === "program" ? "keep" : "close"))

/** The mode of the assistant. `reply` is the payload of `--reply`. */
export const assistantMode = (mode: Mode, reply: Uint8Array | undefined): ServerMode =>
  mode === "reply" ? { reply: reply ?? new Uint8Array(0) } : mode === "program" ? "console" : mode

export const settingsOf = (options: ServeOptions, mode: Mode) =>
  Effect.gen(function* () {
    const { fields } = ServerConfig
    const family = yield* Effect.mapError(given(yield* familyFrom(options), fields.family), environmentError)
    const listen = yield* listenEndpointsFrom(options, defaultHostOf(family))
    const settings = yield* Effect.all({
      ...fields,
      listen: options.inetd ? Effect.succeed(inetdEndpoint) : given(listen, fields.listen),
      family: Effect.succeed(family),
      ipv6Only: given(options.ipv6Only ? Option.some(true) : Option.none(), fields.ipv6Only),
      unixMode: given(options.unixMode, fields.unixMode),
      // A chat needs the framing `line`. Another framing is refused if it is on the command line, and ignored if it is a
      // default.
      frame: mode === "chat" ? Effect.succeed(Framing.line) : given(options.frame, fields.frame),
      maxFrame: given(options.maxFrame, fields.maxFrame),
      hubBudget: given(options.hubBudget, fields.hubBudget),
      slowConsumer: given(options.slowConsumer, fields.slowConsumer),
      proxyProtocol: given(options.proxyProtocol, fields.proxyProtocol),
      proxyFrom: options.proxyFrom.length > 0 ? Effect.succeed(options.proxyFrom.flat()) : fields.proxyFrom,
      telnet: telnetOf(options),
      handshakeTimeout: given(options.handshakeTimeout, fields.handshakeTimeout),
      ...limitSettings(options),
      drain: given(options.drain, fields.drain),
    }).pipe(Effect.mapError(environmentError))
    yield* checkFrameSize(settings)
    yield* checkPayloads("heartbeat", Option.toArray(options.heartbeat), settings)
    return settings
  })

// In the modes broker, chat, echo and discard, text output drops rows when events arrive too fast, so that the output
// never slows the clients down. All other output is complete, because a program reads it, or because the mode exists to
// show it.
export const paceOf = (mode: Mode, output: OutputMode): Showing["pace"] =>
  output === "text" && (mode === "broker" || mode === "chat" || mode === "echo" || mode === "discard") ? "relay" : "all"

/** Whether the bytes of the clients go only to standard output, unchanged. */
export const isRawSink = (
  mode: Mode,
  output: OutputMode,
  { noTraffic }: ServeOptions,
  { frame }: ServerSettings,
): boolean => output === "raw" && !noTraffic && frame.delimited === false && (mode === "console" || mode === "discard")

/** Whether the server ends after its first client. A broker or a chat has several clients. */
export const servesOneClient = (mode: Mode, { keepOpen, listen }: ServeOptions): boolean =>
  listen && !keepOpen && mode !== "broker" && mode !== "chat"

/** The default of `--output`. */
export const outputOf = (options: ServeOptions, isTerminal: boolean): Effect.Effect<OutputMode> =>
  Effect.map(asksForRows(options), (isForRows) =>
    Option.getOrElse(options.output, () => (options.listen && !isTerminal && !isForRows ? "raw" : "text")),
  )

/** Whether the server may listen on endpoints that neither the command line nor `TCPFX_LISTEN` names. */
export const mayListenElsewhere = (options: ServeOptions): boolean =>
  options.inherit || Option.isSome(options.control) || process.env["LISTEN_FDS"] !== undefined
