import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import {
  Framing,
  parseAddressFamily,
  parseAddressRanges,
  parseBacklog,
  parseCount,
  parseDeadline,
  parseDuration,
  parseEscapes,
  parseKeepalive,
  parseListenEndpoints,
  parseMaxFrame,
  parseSize,
  parseSocketMode,
  parseYesNo,
  type SlowConsumerPolicy,
  type settings,
  slowConsumerPolicies,
  ValueSyntaxError,
} from "../../domain/index.ts"
import { type Parse, variable } from "../../runtime/variable.ts"
import type { ServerSettings } from "../ServerConfig.ts"

/** The values of `proxyProtocol`: whether each connection must begin with a PROXY header. */
export const proxyProtocols = ["off", "require"] as const
export type ProxyProtocol = (typeof proxyProtocols)[number]

/** The settings of a server as environment variables, except the heartbeat. */
export const serverVariables = <D extends Duration.DurationInput, L, K>(
  defaults: Omit<settings.WithDurations<ServerSettings, D, K>, "heartbeat" | "listen"> & { readonly listen: L },
  prefix: string,
) => {
  const read = <A, B>(name: string, parse: Parse<A>, fallback: B) => variable(name, parse, fallback, prefix)
  return {
    listen: read("LISTEN", parseListenEndpoints, defaults.listen),
    family: read("FAMILY", parseAddressFamily, defaults.family),
    ipv6Only: read("IPV6_ONLY", parseYesNo, defaults.ipv6Only),
    unixMode: read("UNIX_MODE", parseSocketMode, defaults.unixMode),
    frame: read("FRAME", Framing.parse, defaults.frame),
    maxFrame: read("MAX_FRAME", parseMaxFrame, defaults.maxFrame),
    hubBudget: read("HUB_BUDGET", parseSize, defaults.hubBudget),
    slowConsumer: read("SLOW_CONSUMER", parsePolicy, defaults.slowConsumer),
    paceLimit: read("PACE_LIMIT", parseDuration, defaults.paceLimit),
    inbox: read("INBOX", parseSize, defaults.inbox),
    outbox: read("OUTBOX", parseSize, defaults.outbox),
    halfClosed: Config.succeed(defaults.halfClosed),
    closeDeadline: read("CLOSE_DEADLINE", parseDuration, defaults.closeDeadline),
    drain: read("DRAIN", parseDuration, defaults.drain),
    backlog: read("BACKLOG", parseBacklog, defaults.backlog),
    allow: read("ALLOW", parseAddressRanges, defaults.allow),
    deny: read("DENY", parseAddressRanges, defaults.deny),
    maxConns: read("MAX_CONNS", parseCount, defaults.maxConns),
    maxPerAddress: read("MAX_PER_ADDRESS", parseCount, defaults.maxPerAddress),
    displace: read("DISPLACE", parseYesNo, defaults.displace),
    refusal: read("REFUSAL", parseEscapes, defaults.refusal),
    proxyProtocol: read("PROXY_PROTOCOL", parseProxyProtocol, defaults.proxyProtocol),
    proxyFrom: read("PROXY_FROM", parseAddressRanges, defaults.proxyFrom),
    telnet: read("TELNET", parseYesNo, defaults.telnet),
    tls: Config.succeed(defaults.tls),
    handshakeTimeout: read("HANDSHAKE_TIMEOUT", parseDeadline, defaults.handshakeTimeout),
    maxRate: read("MAX_RATE", parseSize, defaults.maxRate),
    maxRateInAll: read("MAX_RATE_IN_ALL", parseSize, defaults.maxRateInAll),
    maxPending: read("MAX_PENDING", parseSize, defaults.maxPending),
    firstFrameTimeout: read("FIRST_FRAME_TIMEOUT", parseDeadline, defaults.firstFrameTimeout),
    idleTimeout: read("IDLE_TIMEOUT", parseDeadline, defaults.idleTimeout),
    keepalive: read("KEEPALIVE", parseKeepalive, defaults.keepalive),
    writeTimeout: read("WRITE_TIMEOUT", parseDeadline, defaults.writeTimeout),
  }
}

const parsePolicy = (input: string): Either.Either<SlowConsumerPolicy, ValueSyntaxError> =>
  parseWord(input, "a policy for slow consumers", slowConsumerPolicies)

const parseProxyProtocol = (input: string): Either.Either<ProxyProtocol, ValueSyntaxError> =>
  parseWord(input, "a mode of the PROXY protocol", proxyProtocols)

function parseWord<A extends string>(
  input: string,
  kind: string,
  words: ReadonlyArray<A>,
): Either.Either<A, ValueSyntaxError> {
  const found = words.find((word) => word === input)
  return found === undefined
    ? Either.left(new ValueSyntaxError({ input, kind, problem: "the name is unknown", expected: words.join(", ") }))
    : Either.right(found)
}
