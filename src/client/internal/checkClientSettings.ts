import * as Either from "effect/Either"
import { checkHeartbeat, checkPayload, commonChecks } from "../../connection/settingsChecks.ts"
import {
  settings as check,
  type Endpoint,
  type EndpointInput,
  parseEndpoint,
  quoted,
  readIpBytes,
  SettingsError,
} from "../../domain/index.ts"
import type {
  CheckedClientSettings,
  CheckedReconnectSettings,
  ClientSettings,
  ReconnectSettings,
} from "../ClientConfig.ts"
import type { SessionOptions } from "../Session.ts"
import { outboxPolicies } from "./Outbox.ts"

const address: check.SettingCheck = {
  expected: "an IP address of this machine",
  accepts: (value) => typeof value === "string" && readIpBytes(value) !== undefined,
}

const proxy: check.SettingCheck = {
  expected: "a proxy, such as parseProxyServer returns",
  accepts: (value) => typeof value === "object" && value !== null && "endpoint" in value,
}

/** The check of each setting of a client. */
export const clientChecks: check.SettingChecks<ClientSettings> = {
  ...commonChecks,
  halfClosed: check.oneOfThese(["close", "keep"]),
  source: check.optional(address),
  sourcePort: check.optional(check.wholeNumber(0, 65_535)),
  proxy: check.optional(proxy),
  sendProxy: check.oneOfThese([1, 2, undefined]),
  telnet: check.oneOfThese([true, false]),
  tls: check.optional(check.objectWith(["secure"], "a connector made by Tls.connector")),
  onConnect: {
    expected: "a list of payloads (Uint8Array)",
    accepts: (value) => Array.isArray(value) && value.every((one) => one instanceof Uint8Array),
  },
  connectTimeout: check.deadline,
  wait: check.anyTime,
  attemptDelay: check.anyTime,
}

/** The check of each setting for reconnecting. */
export const reconnectChecks: check.SettingChecks<ReconnectSettings> = {
  baseDelay: check.anyTime,
  maxDelay: check.anyTime,
  jitter: check.numberFrom(0, 1),
  stableAfter: check.anyTime,
  maxAttempts: check.limitOf("attempts", 0),
  onPeerEnd: check.oneOfThese(["reconnect", "end"]),
}

/** The options of a session with or without a protocol. */
type AnySessionOptions = Omit<SessionOptions, "onConnect"> & { readonly onConnect?: object }

const sessionChecks: check.SettingChecks<AnySessionOptions> = {
  onConnect: {
    expected: "a function from a connection to an effect",
    accepts: (value) => typeof value === "function",
  },
  reconnect: check.fieldsOf(reconnectChecks, "the settings for reconnecting"),
  outboxBytes: check.limitOf("bytes"),
  whenFull: check.oneOfThese(outboxPolicies),
}

/** Checks the settings of a client. */
export const checkClientSettings = (settings: ClientSettings): Either.Either<CheckedClientSettings, SettingsError> =>
  check.checkSettings(settings, clientChecks).pipe(Either.flatMap(checkHeartbeat), Either.flatMap(checkOnConnect))

/** Refuses a first payload that the framing cannot carry as one frame. */
export const checkOnConnect = <S extends Pick<ClientSettings, "frame" | "maxFrame" | "onConnect">>(
  settings: S,
): Either.Either<S, SettingsError> =>
  Either.map(
    Either.all(settings.onConnect.map((payload, index) => checkPayload(`onConnect[${index}]`, payload, settings))),
    () => settings,
  )

/** Checks the settings for reconnecting. */
export const checkReconnect = (settings: ReconnectSettings): Either.Either<CheckedReconnectSettings, SettingsError> =>
  check.checkSettings(settings, reconnectChecks, "reconnect.")

/** Parses the endpoint of a session if it is a text. */
export const checkEndpoint = (endpoint: EndpointInput): Either.Either<Endpoint, SettingsError> =>
  typeof endpoint === "string"
    ? Either.mapLeft(
        parseEndpoint(endpoint),
        ({ expected, input, problem }) =>
          new SettingsError({ field: "endpoint", value: `${quoted(input)}: ${problem}`, expected }),
      )
    : Either.right(endpoint)

/** Checks the options of a session. */
export const checkSession = (options: AnySessionOptions): Either.Either<unknown, SettingsError> =>
  check.checkSettings(options, sessionChecks)
