import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Hub, type HubOptions, type HubService } from "../../hub/index.ts"
import {
  type NatsAuth,
  type NatsConnectError,
  NatsHub,
  type NatsHubService,
  type NatsTls,
} from "../../hub/nats/index.ts"
import type { CheckedServerSettings } from "../../server/index.ts"
import { Tls } from "../../transport/index.ts"
import type { ServeOptions } from "../commands/serve.ts"
import { type CommandFailed, networkError, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { readPem } from "../tls/material.ts"

type HubFlags = Pick<
  ServeOptions,
  "hub" | "hubName" | "hubNode" | "hubCreds" | "hubNkey" | "hubCa" | "hubCert" | "history"
>

/** The facts that decide whether a flag of a shared hub has an effect. */
export interface HubFacts {
  readonly hasHub: boolean
  readonly hasHubCreds: boolean
}

/** The {@link HubFacts} of a command line. */
export const hubFacts = ({ hub, hubCreds }: HubFlags): HubFacts => ({
  hasHub: Option.isSome(hub),
  hasHubCreds: Option.isSome(hubCreds),
})

// A seed of a user: 58 characters of base32 that begin with SU (github.com/nats-io/nkeys).
const seedOfUser = /^\s*SU[A-Z2-7]{56}\s*$/
const partsOfCredentials = ["NATS USER JWT", "USER NKEY SEED"]

const authOf = ({ hubCreds, hubNkey }: HubFlags): Effect.Effect<NatsAuth | undefined, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (Option.isSome(hubCreds)) {
      const content = yield* readPem("hub-creds", hubCreds.value)
      const missing = partsOfCredentials.find((part) => !content.includes(`-----BEGIN ${part}-----`))
      return missing === undefined
        ? { _tag: "Credentials", content: Redacted.make(content) }
        : yield* usageError(`--hub-creds: ${hubCreds.value} is no credentials file: it has no ${missing}`)
    }
    if (Option.isNone(hubNkey)) return undefined
    const seed = yield* readPem("hub-nkey", hubNkey.value)
    return seedOfUser.test(seed)
      ? { _tag: "Nkey", seed: Redacted.make(seed) }
      : yield* usageError(`--hub-nkey: ${hubNkey.value} has no seed of a user: SU and 56 more letters and digits`)
  })

const tlsOf = ({ hubCa, hubCert }: HubFlags): Effect.Effect<NatsTls | undefined, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (Option.isNone(hubCa) && Option.isNone(hubCert)) return undefined
    const ca = Option.isNone(hubCa) ? {} : { ca: yield* readPem("hub-ca", hubCa.value) }
    const pem = Option.isNone(hubCert) ? undefined : yield* readPem("hub-cert", hubCert.value)
    const tls = pem === undefined ? ca : { ...ca, identity: { cert: pem, key: Redacted.make(pem) } }
    // The client of NATS would name neither the file nor the mistake.
    yield* Effect.mapError(Tls.connector(tls), (error) => {
      const [flag, path] = error.part === "CA certificate" ? ["hub-ca", hubCa] : ["hub-cert", hubCert]
      return usageError(`--${flag}: ${Option.getOrElse(path, () => "")}: ${error.message}`)
    })
    return tls
  })

/** What may be wrong if TLS with NATS fails. A server of TLS 1.3 does not say that it wants a certificate. */
const adviceOf = ({ hub, hubCa, hubCert }: HubFlags, { reason }: NatsConnectError): string => {
  const hasTls = Option.isSome(hubCa) || Option.exists(hub, (servers) => servers.some((one) => one.startsWith("tls:")))
  if (/certificate/.test(reason)) {
    return Option.isNone(hubCa) ? "; give its CA certificate with --hub-ca" : "; --hub-ca has no CA certificate of it"
  }
  return hasTls && Option.isNone(hubCert) && /does not answer/.test(reason)
    ? "; if it wants a certificate, give one with --hub-cert"
    : ""
}

/** The options of a hub with the frames, the budgets and the policy of the server. */
const ownOptions = (options: HubFlags, settings: CheckedServerSettings): HubOptions => ({
  framing: settings.frame,
  maxFrameBytes: settings.maxFrame,
  budgetBytes: settings.hubBudget,
  slowConsumer: settings.slowConsumer,
  paceLimit: settings.paceLimit,
  ...(Option.isNone(options.history) ? {} : { history: options.history.value }),
})

/** Makes the hub of a server with `--history` and without `--hub`. Other servers make their hub themselves. */
export const historyHub = (
  options: HubFlags,
  settings: CheckedServerSettings,
): Effect.Effect<HubService | undefined, CommandFailed, Scope.Scope> =>
  Option.isNone(options.history)
    ? Effect.succeed(undefined)
    : Effect.catchAll(Hub.make(ownOptions(options, settings)), ({ message }) => usageError(`--history: ${message}`))

/**
 * Connects to the hub that the flags name. The server emits the events of the hub. Returns `undefined` without `--hub`.
 */
export const sharedHub = (
  options: HubFlags,
  settings: CheckedServerSettings,
): Effect.Effect<NatsHubService | undefined, CommandFailed, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    if (Option.isNone(options.hub)) return undefined
    const auth = yield* authOf(options)
    const tls = yield* tlsOf(options)
    return yield* NatsHub.make({
      ...ownOptions(options, settings),
      servers: options.hub.value,
      ...(Option.isNone(options.hubName) ? {} : { hub: options.hubName.value }),
      ...(Option.isNone(options.hubNode) ? {} : { node: options.hubNode.value }),
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
    })
  }).pipe(
    Effect.catchTags({
      SettingsError: ({ message }) => usageError(`--hub: ${message}`),
      NatsConnectError: (error) => networkError(`--hub: ${error.message}${adviceOf(options, error)}`),
      NatsMissingError: ({ message }) => usageError(`--hub: ${message}`),
    }),
  )
