import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type NatsAuth, NatsHub, type NatsHubService, type NatsTls } from "../../hub/nats/index.ts"
import type { CheckedServerSettings } from "../../server/index.ts"
import type { ServeOptions } from "../commands/serve.ts"
import { type CommandFailed, networkError, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { readPem } from "../tls/material.ts"

type HubOptions = Pick<ServeOptions, "hub" | "hubName" | "hubNode" | "hubCreds" | "hubNkey" | "hubCa" | "hubCert">

/** The facts that decide whether a flag of a shared hub has an effect. */
export interface HubFacts {
  readonly hasHub: boolean
  readonly hasHubCreds: boolean
}

/** The {@link HubFacts} of a command line. */
export const hubFacts = ({ hub, hubCreds }: HubOptions): HubFacts => ({
  hasHub: Option.isSome(hub),
  hasHubCreds: Option.isSome(hubCreds),
})

const authOf = ({ hubCreds, hubNkey }: HubOptions): Effect.Effect<NatsAuth | undefined, CommandFailed, Stdio> => {
  const secret = (flag: string, path: string) => Effect.map(readPem(flag, path), Redacted.make)
  if (Option.isSome(hubCreds)) {
    return Effect.map(secret("hub-creds", hubCreds.value), (content) => ({ _tag: "Credentials", content }))
  }
  if (Option.isSome(hubNkey)) {
    return Effect.map(secret("hub-nkey", hubNkey.value), (seed) => ({ _tag: "Nkey", seed }))
  }
  return Effect.succeed(undefined)
}

const tlsOf = ({ hubCa, hubCert }: HubOptions): Effect.Effect<NatsTls | undefined, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (Option.isNone(hubCa) && Option.isNone(hubCert)) return undefined
    const ca = Option.isNone(hubCa) ? {} : { ca: yield* readPem("hub-ca", hubCa.value) }
    if (Option.isNone(hubCert)) return ca
    const pem = yield* readPem("hub-cert", hubCert.value)
    return { ...ca, identity: { cert: pem, key: Redacted.make(pem) } }
  })

/**
 * Connects to the hub that the flags name. Its frames, budgets and policy are those of the server. The server emits the
 * events of the hub. Returns `undefined` without `--hub`.
 */
export const sharedHub = (
  options: HubOptions,
  settings: CheckedServerSettings,
): Effect.Effect<NatsHubService | undefined, CommandFailed, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    if (Option.isNone(options.hub)) return undefined
    const auth = yield* authOf(options)
    const tls = yield* tlsOf(options)
    return yield* NatsHub.make({
      servers: options.hub.value,
      framing: settings.frame,
      maxFrameBytes: settings.maxFrame,
      budgetBytes: settings.hubBudget,
      slowConsumer: settings.slowConsumer,
      paceLimit: settings.paceLimit,
      ...(Option.isNone(options.hubName) ? {} : { hub: options.hubName.value }),
      ...(Option.isNone(options.hubNode) ? {} : { node: options.hubNode.value }),
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
    })
  }).pipe(
    Effect.catchTags({
      SettingsError: ({ message }) => usageError(`--hub: ${message}`),
      NatsConnectError: ({ message }) => networkError(`--hub: ${message}`),
      NatsMissingError: ({ message }) => usageError(`--hub: ${message}`),
    }),
  )
