import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { ClientSettings } from "../client/index.ts"
import * as Domain from "../domain/assistant/index.ts"
import { Framing, parseCount, parseDeadline, parseMaxFrame } from "../domain/index.ts"
import type { ServerSettings } from "../server/index.ts"
import { Tls } from "../transport/index.ts"
import { readSmallFile } from "./files.ts"

type Field = keyof Domain.WindowSettings
type Mutable<A> = { -readonly [Key in keyof A]: A[Key] }

const ofServers: ReadonlyArray<Field> = ["maxConns", "tlsCert", "tlsKey"]
const ofClients: ReadonlyArray<Field> = ["connectTimeout", "tlsCa"]

const refused = (field: Field, message: string): Domain.Refusal =>
  new Domain.Refusal({ reason: "value", message, field })

/**
 * Parses one setting. Returns `undefined` for a missing setting, and refuses an invalid value with the name of its
 * field.
 */
const read = <A>(
  settings: Domain.WindowSettings,
  field: Field,
  parse: (text: string) => Either.Either<A, { readonly message: string }>,
): Effect.Effect<A | undefined, Domain.Refusal> => {
  const text = settings[field]?.trim() ?? ""
  if (text === "") return Effect.succeed(undefined)
  return Either.match(parse(text), {
    onLeft: ({ message }) => Effect.fail(refused(field, message)),
    onRight: (value) => Effect.succeed(value),
  })
}

const readFile = (settings: Domain.WindowSettings, field: Field): Effect.Effect<string | undefined, Domain.Refusal> => {
  const path = settings[field]?.trim() ?? ""
  return path === ""
    ? Effect.succeed(undefined)
    : Effect.map(readSmallFile(path, field), (bytes) => new TextDecoder().decode(bytes))
}

const refuseOthers = (
  settings: Domain.WindowSettings,
  others: ReadonlyArray<Field>,
  kind: "server" | "client",
): Effect.Effect<void, Domain.Refusal> => {
  const field = others.find((one) => (settings[one]?.trim() ?? "") !== "")
  return field === undefined ? Effect.void : refused(field, `a ${kind} window has no setting ${field}`)
}

const common = (settings: Domain.WindowSettings) =>
  Effect.gen(function* () {
    const made: Mutable<Partial<Pick<ServerSettings & ClientSettings, "frame" | "maxFrame" | "idleTimeout">>> = {}
    const frame = yield* read(settings, "frame", Framing.parse)
    const maxFrame = yield* read(settings, "maxFrame", parseMaxFrame)
    const idleTimeout = yield* read(settings, "idleTimeout", parseDeadline)
    if (frame !== undefined) made.frame = frame
    if (maxFrame !== undefined) made.maxFrame = maxFrame
    if (idleTimeout !== undefined) made.idleTimeout = idleTimeout
    return made
  })

const acceptorOf = (settings: Domain.WindowSettings): Effect.Effect<Tls.Acceptor | undefined, Domain.Refusal> =>
  Effect.gen(function* () {
    const cert = yield* readFile(settings, "tlsCert")
    const key = yield* readFile(settings, "tlsKey")
    if (cert === undefined) {
      return key === undefined ? undefined : yield* refused("tlsCert", "the key needs the file of its certificate")
    }
    const identity = { cert, key: Redacted.make(key ?? cert) }
    return yield* Effect.mapError(Tls.acceptor({ identities: [identity] }), ({ message, part }) =>
      refused(part === "key" && key !== undefined ? "tlsKey" : "tlsCert", message),
    )
  })

/**
 * Parses the settings of a new server window that differ from the settings of the program. An invalid value is refused
 * with the name of its field.
 */
export const readServerSettings = (
  settings: Domain.WindowSettings,
): Effect.Effect<Partial<ServerSettings>, Domain.Refusal> =>
  Effect.gen(function* () {
    yield* refuseOthers(settings, ofClients, "server")
    const shared = yield* common(settings)
    const maxConns = yield* read(settings, "maxConns", parseCount)
    const tls = yield* acceptorOf(settings)
    return { ...shared, ...(maxConns === undefined ? {} : { maxConns }), ...(tls === undefined ? {} : { tls }) }
  })

/** Parses the settings of a new client window, and the TLS options for a command that asks for TLS. */
export const readClientSettings = (
  settings: Domain.WindowSettings,
): Effect.Effect<
  { readonly settings: Partial<ClientSettings>; readonly tlsOptions: Tls.ConnectorOptions },
  Domain.Refusal
> =>
  Effect.gen(function* () {
    yield* refuseOthers(settings, ofServers, "client")
    const shared = yield* common(settings)
    const connectTimeout = yield* read(settings, "connectTimeout", parseDeadline)
    const ca = yield* readFile(settings, "tlsCa")
    if (ca !== undefined) {
      // The CA is checked now, so that a bad file is refused before the window connects.
      yield* Effect.mapError(Tls.connector({ ca }), ({ message }) => refused("tlsCa", message))
    }
    return {
      settings: { ...shared, ...(connectTimeout === undefined ? {} : { connectTimeout }) },
      tlsOptions: ca === undefined ? {} : { ca },
    }
  })
