import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ProtocolFraming } from "../../connection/index.ts"
import { protocolFrame } from "../../connection/protocolFrame.ts"
import { checkHeartbeat, commonChecks, payload } from "../../connection/settingsChecks.ts"
import {
  AddressSet,
  settings as check,
  type EndpointSyntaxError,
  Framing,
  InvalidPayloadError,
  type ListenEndpointInput,
  parseListenEndpoint,
  parseListenEndpoints,
  quoted,
  SettingsError,
  slowConsumerPolicies,
} from "../../domain/index.ts"
import { inSlices } from "../../runtime/inSlices.ts"
import {
  type CheckedServerSettings,
  proxyProtocols,
  type ReloadableSettings,
  type ServerSettings,
} from "../ServerConfig.ts"

const acceptor = check.optional(check.objectWith(["secure"], "an acceptor made by Tls.acceptor"))

const reloadableChecks: check.SettingChecks<ReloadableSettings> = {
  allow: check.addressRanges,
  deny: check.addressRanges,
  maxConns: check.limitOf("connections"),
  maxPerAddress: check.limitOf("connections"),
  tls: acceptor,
}

/** The check of each setting of a server. */
export const serverChecks: check.SettingChecks<ServerSettings> = {
  ...commonChecks,
  ...reloadableChecks,
  displace: check.oneOfThese([true, false]),
  listen: check.listenTargets,
  ipv6Only: check.oneOfThese([true, false]),
  unixMode: check.optional(check.wholeNumber(0, 0o777)),
  hubBudget: check.limitOf("bytes"),
  slowConsumer: check.oneOfThese(slowConsumerPolicies),
  halfClosed: check.oneOfThese(["close", "keep"]),
  paceLimit: check.anyTime,
  drain: check.anyTime,
  backlog: check.wholeNumber(1, 65_535),
  refusal: check.optional(payload),
  proxyProtocol: check.oneOfThese(proxyProtocols),
  proxyFrom: check.addressRanges,
  telnet: check.oneOfThese([true, false]),
  handshakeTimeout: check.deadline,
  maxRate: check.limitOf("bytes a second"),
  maxRateInAll: check.limitOf("bytes a second"),
  maxPending: check.limitOf("bytes"),
  firstFrameTimeout: check.deadline,
}

/** Checks the settings of a server. */
export const checkServerSettings = (settings: ServerSettings): Either.Either<CheckedServerSettings, SettingsError> =>
  check
    .checkSettings(settings, serverChecks)
    .pipe(Either.flatMap(checkHeartbeat), Either.flatMap(readListen), Either.flatMap(checkRefusal))

/** Parses the endpoints that are given as text. */
export const readListen = <S extends Pick<ServerSettings, "listen">>(
  settings: S,
): Either.Either<Omit<S, "listen"> & Pick<CheckedServerSettings, "listen">, SettingsError> =>
  Either.mapBoth(listenOf(settings.listen), {
    onLeft: ({ expected, input, problem }) =>
      new SettingsError({ field: "listen", value: `${quoted(input)}: ${problem}`, expected }),
    onRight: (listen) => ({ ...settings, listen }),
  })

const listenOf = (
  listen: ServerSettings["listen"],
): Either.Either<CheckedServerSettings["listen"], EndpointSyntaxError> => {
  if (typeof listen === "string") return parseListenEndpoints(listen)
  if ("_tag" in listen) return Either.right(listen)
  const [first, ...more] = listen
  const read = (one: ListenEndpointInput) => (typeof one === "string" ? parseListenEndpoint(one) : Either.right(one))
  return Either.all([read(first), ...more.map(read)])
}

/** Fails if the framing cannot carry `refusal` as one frame. */
const checkRefusal = (settings: CheckedServerSettings): Either.Either<CheckedServerSettings, SettingsError> => {
  const { frame, maxFrame, refusal } = settings
  const wire = refusal === undefined ? undefined : Framing.encodeFrame(frame, refusal, maxFrame)
  return wire instanceof InvalidPayloadError
    ? Either.left(
        new SettingsError({
          field: "refusal",
          value: `these bytes: ${wire.problem}`,
          expected: `a payload that ${frame.name} frames can carry`,
        }),
      )
    : Either.right(settings)
}

/** Checks the settings of a reload. */
export const checkReload = (
  changed: Partial<ReloadableSettings>,
): Either.Either<Partial<ReloadableSettings>, SettingsError> =>
  check.checkSettings<Partial<ReloadableSettings>>(changed, reloadableChecks)

/** Compiles the access rules of settings. Long lists are compiled in slices, which do not block the event loop. */
export const compileRules = Effect.fnUntraced(function* ({ allow, deny }: Partial<ReloadableSettings>) {
  return {
    ...(allow !== undefined && { allow: yield* inSlices(() => AddressSet.compile(allow)) }),
    ...(deny !== undefined && { deny: yield* inSlices(() => AddressSet.compile(deny)) }),
  }
})

/**
 * The framing of a server. If the server shares a hub, this is the framing of the hub, because subscribers of the hub
 * could not read frames of another framing. With a protocol, it is the framing of the protocol.
 */
export const framingWith = (
  hub: { readonly framing: Framing.Framing } | undefined,
  given: Framing.Framing | undefined,
  otherwise: Framing.Framing,
  protocol: ProtocolFraming | undefined,
): Either.Either<Framing.Framing, SettingsError> => {
  if (protocol !== undefined) {
    return protocolFrame(protocol, given, "frame", "the settings have").pipe(
      Either.flatMap(() => protocolFrame(protocol, hub?.framing, "hub", "the hub has")),
    )
  }
  if (hub === undefined) return Either.right(given ?? otherwise)
  return given === undefined || given === hub.framing
    ? Either.right(hub.framing)
    : Either.left(
        new SettingsError({
          field: "frame",
          value: `${given.name}, but the hub has ${hub.framing.name} frames`,
          expected: "the framing of the hub; leave it out",
        }),
      )
}
