import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { AddressSet } from "./AddressSet.ts"
import { endpointProblem } from "./endpointProblem.ts"
import { type CheckedKeepalive, type Keepalive, keepaliveBounds } from "./Keepalive.ts"
import { formatMillis } from "./quantities.ts"
import { SettingsError } from "./SettingsError.ts"

/** The check of one setting. `within` checks the fields of a value that is an object. */
export interface SettingCheck {
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
  readonly within?: (value: unknown) => SettingsError | undefined
}

/** The check of a duration. `decode` converts an accepted value, such as "5 seconds" or 5000 (ms), to a `Duration`. */
export interface DurationCheck extends SettingCheck {
  readonly decode: (value: unknown) => Duration.Duration
}

/** The check of a keepalive. `decode` converts an accepted value: a duration alone is the idle time. */
export interface KeepaliveCheck extends SettingCheck {
  readonly decode: (value: unknown) => CheckedKeepalive
}

/** A value of the setting `keepalive`. A duration alone is the idle time. */
export type KeepaliveInput = Keepalive | Duration.DurationInput

/** One check per field. A field that takes a duration or a keepalive has a check that decodes it. */
export type SettingChecks<S> = {
  readonly [K in keyof S]-?: KeepaliveInput extends S[K]
    ? KeepaliveCheck
    : Duration.DurationInput extends S[K]
      ? DurationCheck
      : SettingCheck
}

/** Settings of which each field that takes a `DurationInput` has a `D`, and each field that takes a keepalive a `K`. */
export type WithDurations<S, D, K = CheckedKeepalive> = {
  readonly [F in keyof S]: KeepaliveInput extends S[F] ? K : Duration.DurationInput extends S[F] ? D : S[F]
}

/** Checked settings: each field that takes a `DurationInput` has a `Duration`, and a keepalive is decoded. */
export type Checked<S> = WithDurations<S, Duration.Duration>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const shownDuration = (duration: Duration.Duration): string =>
  Duration.isFinite(duration) ? formatMillis(Duration.toMillis(duration)) : "an infinite duration"

const shown = (value: unknown): string => {
  if (Duration.isDuration(value)) return shownDuration(value)
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "this list"
  if (value === null || typeof value !== "object") return typeof value === "function" ? "a function" : String(value)
  return "_tag" in value ? `this ${String(value._tag)}` : "this object"
}

/**
 * Checks settings, and decodes their durations. Returns the settings, or an error that names the first field with an invalid value. An absent field
 * gets its default and is not checked. A field that is present with the value `undefined` is checked.
 */
export const checkSettings = <S extends object>(
  settings: S,
  checks: SettingChecks<S>,
  prefix: string = "",
): Either.Either<Checked<S>, SettingsError> => {
  const decoded: Partial<Record<keyof S, Duration.Duration | CheckedKeepalive>> = {}
  for (const field of Object.keys(checks) as Array<keyof S & string>) {
    if (!Object.hasOwn(settings, field)) continue
    const value = settings[field]
    const check: SettingCheck | DurationCheck | KeepaliveCheck = checks[field]
    const { accepts, expected, within } = check
    if (!accepts(value)) return Either.left(new SettingsError({ field: prefix + field, value: shown(value), expected }))
    const error = within?.(value)
    if (error !== undefined)
      return Either.left(new SettingsError({ ...error, field: `${prefix}${field}.${error.field}` }))
    if ("decode" in check) decoded[field] = check.decode(value)
  }
  // `SettingChecks` gives each field with a duration a check that decodes it, so `decoded` has all of these fields.
  return Either.right({ ...settings, ...decoded } as Checked<S>)
}

/**
 * Checks the options of a function that returns no effect, and throws the error. A wrong option there is a mistake in the
 * program itself.
 */
export const checkOrThrow = <S extends object>(options: S, checks: SettingChecks<S>): Checked<S> =>
  Either.getOrThrowWith(checkSettings(options, checks), (error) => error)

const wholeUpTo = (value: unknown, least: number, most: number): boolean =>
  typeof value === "number" &&
  value >= least &&
  value <= most &&
  (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY)

/** Accepts a whole number from `least` up, or `Infinity` for no limit. */
export const limitOf = (unit: string, least: number = 1): SettingCheck => ({
  expected: `a whole number of ${unit} from ${least} up, or Infinity for no limit`,
  accepts: (value) => wholeUpTo(value, least, Number.POSITIVE_INFINITY),
})

/** Accepts a whole number from `least` to `most`. */
export const wholeNumber = (least: number, most: number): SettingCheck => ({
  expected: `a whole number from ${least} to ${most}`,
  accepts: (value) => wholeUpTo(value, least, most),
})

/** Accepts a number from `least` to `most`. */
export const numberFrom = (least: number, most: number): SettingCheck => ({
  expected: `a number from ${least} to ${most}`,
  accepts: (value) => typeof value === "number" && value >= least && value <= most,
})

// Effect reads negative numbers and NaN as a duration of zero. As a setting, they are mistakes.
const isNegative = (value: unknown): boolean => {
  if (typeof value === "number") return !(value >= 0)
  if (typeof value === "bigint") return value < 0n
  if (typeof value === "string") return value.startsWith("-")
  return Array.isArray(value) && value.some(isNegative)
}

const readDuration = (value: unknown): Option.Option<Duration.Duration> =>
  isNegative(value) ? Option.none() : Duration.decodeUnknown(value)

const durationThat = (expected: string, isRight: (duration: Duration.Duration) => boolean): DurationCheck => ({
  expected,
  accepts: (value) => Option.exists(readDuration(value), isRight),
  decode: (value) => Option.getOrThrow(readDuration(value)),
})

const isBetween = (duration: Duration.Duration, least: Duration.Duration, most: Duration.Duration): boolean =>
  Duration.between(duration, { minimum: least, maximum: most })

/** Accepts any duration, including zero and infinity. */
export const anyTime: DurationCheck = durationThat('a duration, such as "5 seconds" or 5000 (milliseconds)', () => true)

/** Accepts a deadline: a duration of at least 1 ms, or infinity. */
export const deadline: DurationCheck = durationThat(
  'a duration of 1 ms or more, such as "5 seconds" or 5000 (milliseconds), or Duration.infinity for no deadline',
  (duration) => isBetween(duration, Duration.millis(1), Duration.infinity),
)

/** Accepts a duration above zero that ends. */
export const interval: DurationCheck = durationThat(
  'a finite duration above 0, such as "1 second" or 1000 (milliseconds)',
  (duration) => Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero),
)

/** Accepts a duration from `least` to `most`. `expected` describes it. */
export const durationFrom = (least: Duration.Duration, most: Duration.Duration, expected: string): DurationCheck =>
  durationThat(expected, (duration) => isBetween(duration, least, most))

/** Accepts `undefined`, or a value that passes another check. */
export const optional = (check: SettingCheck): SettingCheck => ({
  ...check,
  expected: `${check.expected}, or undefined`,
  accepts: (value) => value === undefined || check.accepts(value),
  within: (value) => (value === undefined ? undefined : check.within?.(value)),
})

const { leastSeconds, mostProbes, mostSeconds } = keepaliveBounds

const keepaliveInterval = durationFrom(
  Duration.seconds(leastSeconds),
  Duration.seconds(mostSeconds),
  `a duration from "${leastSeconds} second" to "${mostSeconds} seconds"`,
)

const keepaliveIdle: DurationCheck = durationThat(
  `${keepaliveInterval.expected}, or Duration.infinity for never`,
  (duration) => keepaliveInterval.accepts(duration) || !Duration.isFinite(duration),
)

const keepaliveChecks: Readonly<Record<string, SettingCheck>> = {
  idle: keepaliveIdle,
  interval: optional(keepaliveInterval),
  count: optional(wholeNumber(1, mostProbes)),
}

const isKeepalive = (value: unknown): value is Readonly<Record<string, unknown>> => isObject(value) && "idle" in value

const wrongPart = (value: Readonly<Record<string, unknown>>): SettingsError | undefined => {
  const wrong = Object.entries(keepaliveChecks).find(([field, { accepts }]) => !accepts(value[field]))
  if (wrong === undefined) return undefined
  const [field, { expected }] = wrong
  return new SettingsError({ field, value: shown(value[field]), expected })
}

/** Accepts a keepalive, or the idle time of one. */
export const keepalive: KeepaliveCheck = {
  expected: `${keepaliveIdle.expected}, or an object with idle, interval and count (1 to ${mostProbes})`,
  accepts: (value) => isKeepalive(value) || keepaliveIdle.accepts(value),
  within: (value) => (isKeepalive(value) ? wrongPart(value) : undefined),
  decode: (value) => {
    if (!isKeepalive(value)) return { idle: keepaliveIdle.decode(value) }
    const { count, idle, interval } = value
    return {
      idle: keepaliveIdle.decode(idle),
      ...(interval === undefined ? {} : { interval: keepaliveInterval.decode(interval) }),
      ...(typeof count === "number" ? { count } : {}),
    }
  },
}

/** Accepts one of `values`. */
export const oneOfThese = (values: ReadonlyArray<string | number | boolean | undefined>): SettingCheck => ({
  expected: values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join(", "),
  accepts: (value) => values.some((one) => one === value),
})

/** Accepts an object that has all `methods`. */
export const objectWith = (methods: ReadonlyArray<string>, expected: string): SettingCheck => ({
  expected,
  accepts: (value) => isObject(value) && methods.every((method) => typeof value[method] === "function"),
})

/** Accepts a framing. */
export const framing: SettingCheck = objectWith(
  ["decoder", "encode", "payloads", "count"],
  "a Framing, such as Framing.line",
)

/** Accepts an object whose fields pass their own checks. */
export const fieldsOf = <S extends object>(checks: SettingChecks<S>, expected: string): SettingCheck => ({
  expected,
  accepts: isObject,
  within: (value) => Either.getOrUndefined(Either.flip(checkSettings(value as S, checks))),
})

/** Accepts address ranges, as a list or a compiled set. */
export const addressRanges: SettingCheck = {
  expected: "a list of address ranges (parseAddressRanges gives one), or an AddressSet",
  accepts: (value) =>
    value instanceof AddressSet ||
    (Array.isArray(value) && value.every((range) => isObject(range) && "network" in range && "bits" in range)),
}

const isEndpoint = (value: unknown, canBeFd: boolean): boolean => {
  // The text is read later, with an error of its own.
  if (typeof value === "string") return true
  if (!isObject(value)) return false
  const { _tag, fd, host, path, port } = value
  if (_tag === "Tcp")
    return typeof host === "string" && typeof port === "number" && endpointProblem({ _tag, host, port }) === undefined
  if (_tag === "Fd") return canBeFd && typeof fd === "number" && endpointProblem({ _tag, fd }) === undefined
  return _tag === "Unix" && typeof path === "string" && endpointProblem({ _tag, path }) === undefined
}

/** Accepts one or several endpoints to listen on. */
export const listenTargets: SettingCheck = {
  expected:
    'an endpoint or a list of endpoints: a text such as "127.0.0.1:9000", tcpEndpoint with a host and a port from 0 to 65535, unixEndpoint, or fdEndpoint',
  accepts: (value) =>
    Array.isArray(value) ? value.length > 0 && value.every((one) => isEndpoint(one, true)) : isEndpoint(value, true),
}
