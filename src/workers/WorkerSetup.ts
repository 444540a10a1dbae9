import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { Framing } from "../domain/index.ts"
import type { CheckedServerSettings, Handler, ServerSettings } from "../server/index.ts"
import type { Tls } from "../transport/index.ts"

/** What the connections of a worker do with received frames. */
export type WorkerMode = "broker" | "echo" | "discard" | { readonly reply: Uint8Array }

/** The settings that apply to connections. The server itself applies the others. */
const shared = [
  ...(["maxFrame", "hubBudget", "slowConsumer", "paceLimit", "inbox", "outbox", "closeDeadline"] as const),
  ...(["handshakeTimeout", "maxRate", "firstFrameTimeout", "idleTimeout", "heartbeat", "keepalive"] as const),
  ...(["writeTimeout", "telnet"] as const),
]

/** The setup of a worker: values that V8 can serialize. */
export interface WorkerSetup {
  readonly mode: WorkerMode
  readonly halfClosed: Handler.HalfClosed
  readonly frame: string
  readonly settings: Readonly<Record<string, unknown>>
  /** The packed options of an acceptor, because an acceptor itself cannot move to another process. */
  readonly tls: PackedTls | undefined
}

/** The options of an acceptor, as values that V8 can serialize. */
export interface PackedTls {
  readonly options: unknown
}

// Objects of Effect lose their class on the way, so these fields take their place.
type Packed = { readonly millis: number } | { readonly secret: unknown }

const isPacked = (value: unknown): value is Packed =>
  typeof value === "object" && value !== null && ("millis" in value || "secret" in value)

const pack = (value: unknown): unknown => {
  if (Duration.isDuration(value)) return { millis: Duration.toMillis(value) } satisfies Packed
  if (Redacted.isRedacted(value)) return { secret: Redacted.value(value) } satisfies Packed
  return mapFields(value, pack)
}

const unpack = (value: unknown): unknown => {
  if (!isPacked(value)) return mapFields(value, unpack)
  return "millis" in value ? Duration.millis(value.millis) : Redacted.make(value.secret)
}

const mapFields = (value: unknown, map: (field: unknown) => unknown): unknown => {
  if (Array.isArray(value)) return value.map(map)
  const isPlain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, map(field)])) : value
}

/** The settings of connections, as values that V8 can serialize. */
export const packSettings = (settings: CheckedServerSettings): Pick<WorkerSetup, "frame" | "settings"> => ({
  frame: settings.frame.name,
  settings: Object.fromEntries(shared.map((name) => [name, pack(settings[name])])),
})

/** The settings for the server of a worker. */
export const unpackSettings = ({ frame, settings }: WorkerSetup): Partial<ServerSettings> => ({
  ...(unpack(settings) as Partial<ServerSettings>),
  frame: Either.getOrThrow(Framing.parse(frame)),
})

/** Packs the options of an acceptor. */
export const packTls = (options: Tls.AcceptorOptions): PackedTls => ({ options: pack(options) })

/** The options that {@link packTls} has packed. */
export const unpackTls = ({ options }: PackedTls): Tls.AcceptorOptions => unpack(options) as Tls.AcceptorOptions
