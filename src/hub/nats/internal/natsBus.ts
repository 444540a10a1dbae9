import type {
  Authenticator,
  NatsConnection,
  NodeConnectionOptions,
  PermissionViolationError,
  Status,
} from "@nats-io/transport-node"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { HubDetachReason } from "../../../domain/index.ts"
import { userInfoOf } from "../../../domain/userInfo.ts"
import type { NatsAuth, NatsHubOptions, NatsTls, Secret } from "../NatsHubOptions.ts"
import { NatsConnectError, NatsMissingError } from "../natsErrors.ts"
import type { Bus, BusObserver, ConnectBus, RefusedSubject } from "./Bus.ts"
import type { HistoryStoreOptions } from "./HistoryStore.ts"
import { jetStreamHistory, loadJetStream } from "./jetStreamHistory.ts"

type Client = typeof import("@nats-io/transport-node")

const clientPackage = "@nats-io/transport-node"
const clientVersion = "3.4.0"

// The client pings the server this often, and makes a new connection after two pings without an answer.
const pingMillis = 3000
const mostPings = 2

// The pauses before attempts to connect again.
const leastPauseMillis = 100
const mostPauseMillis = 2000

/** The settings of a connection to NATS. */
export type NatsBusOptions = Pick<NatsHubOptions, "auth" | "tls"> & {
  readonly servers: ReadonlyArray<string>
  readonly connectTimeout: Duration.Duration
  /** Where NATS stores the history of the hub. Default: nowhere. */
  readonly history?: HistoryStoreOptions
  /** The name of the connection, for the monitoring of the server. */
  readonly name: string
}

const load: Effect.Effect<Client, NatsMissingError> = Effect.tryPromise({
  try: () => import("@nats-io/transport-node"),
  catch: () => new NatsMissingError({ package: clientPackage, version: clientVersion }),
})

const textOf = (secret: Secret): string => (Redacted.isRedacted(secret) ? Redacted.value(secret) : secret)
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

interface ServerAddress {
  readonly hostPort: string
  readonly isTls: boolean
  readonly auth: NatsAuth | undefined
}

const addressOf = (server: string): ServerAddress => {
  const url = new URL(server.includes("://") ? server : `nats://${server}`)
  const { hostname, port, protocol } = url
  // The checks of the options refuse a server whose user or password cannot be decoded.
  const { password: secret, user } = userInfoOf(url) ?? { user: "", password: "" }
  const auth: NatsAuth | undefined =
    user === ""
      ? undefined
      : secret === ""
        ? { _tag: "Token", token: user }
        : { _tag: "Password", user, password: secret }
  return { hostPort: `${hostname}:${port === "" ? 4222 : port}`, isTls: protocol === "tls:", auth }
}

const authenticatorOf = (client: Client, auth: NatsAuth): Authenticator => {
  switch (auth._tag) {
    case "Password":
      return client.usernamePasswordAuthenticator(auth.user, textOf(auth.password))
    case "Token":
      return client.tokenAuthenticator(textOf(auth.token))
    case "Nkey":
      return client.nkeyAuthenticator(encode(textOf(auth.seed).trim()))
    case "Credentials":
      // The parser of the client needs a line end after the last line.
      return client.credsAuthenticator(encode(`${textOf(auth.content)}\n`))
  }
}

const tlsOf = ({ ca, identity, verify }: NatsTls): NonNullable<NodeConnectionOptions["tls"]> => ({
  ...(ca === undefined ? {} : { ca }),
  ...(identity === undefined ? {} : { cert: identity.cert, key: textOf(identity.key) }),
  ...(verify === undefined ? {} : { rejectUnauthorized: verify }),
})

/** The pauses grow with each attempt, and are random, so that many nodes do not come back at the same moment. */
const growingPauses = (): { readonly next: () => number; readonly reset: () => void } => {
  let most = leastPauseMillis
  return {
    next: () => {
      const pause = most / 2 + (Math.random() * most) / 2
      most = Math.min(most * 2, mostPauseMillis)
      return Math.round(pause)
    },
    reset: () => {
      most = leastPauseMillis
    },
  }
}

/** The text of an error of the client, for users. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { cause, name } = error
  // Newer versions of Node add advice about their own options.
  const message = error.message.replace(/; if the root CA is installed locally.*$/s, "")
  if (name === "AuthorizationError") return "NATS refuses the credentials (Authorization Violation)"
  if (name === "TimeoutError") return "the server does not answer"
  if (message === "connection refused") return message
  if (/\bENOTFOUND\b/.test(message)) return "the name has no address; check the spelling"
  if (cause instanceof Error && cause.message !== error.message) return `${message} (${cause.message})`
  return message
}

const open = (
  client: Client,
  options: NodeConnectionOptions,
  servers: ReadonlyArray<string>,
): Effect.Effect<NatsConnection, NatsConnectError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.interruptible(
      Effect.async<NatsConnection, NatsConnectError>((resume) => {
        let isWanted = true
        client.connect(options).then(
          (connection) => {
            if (isWanted) resume(Effect.succeed(connection))
            else connection.close().catch(() => undefined)
          },
          (error: unknown) => resume(Effect.fail(new NatsConnectError({ servers, reason: reasonOf(error) }))),
        )
        return Effect.sync(() => {
          isWanted = false
        })
      }),
    ),
    (connection) => Effect.promise(() => connection.close().catch(() => undefined)),
  )

/** Connects to NATS with the client `@nats-io/transport-node`, which is loaded here and not before. */
export const natsBus =
  (options: NatsBusOptions): ConnectBus =>
  (observer) =>
    Effect.gen(function* () {
      const client = yield* load
      const jetStream = options.history === undefined ? undefined : yield* loadJetStream
      const addresses = options.servers.map(addressOf)
      const servers = addresses.map(({ hostPort }) => hostPort)
      const auth = options.auth ?? addresses.find((address) => address.auth !== undefined)?.auth
      const pauses = growingPauses()
      const hasTls = options.tls !== undefined || addresses.some(({ isTls }) => isTls)
      const connection = yield* open(
        client,
        {
          servers,
          name: options.name,
          // A member must not get its own frames back.
          noEcho: true,
          timeout: Duration.toMillis(options.connectTimeout),
          maxReconnectAttempts: -1,
          ignoreAuthErrorAbort: true,
          reconnectDelayHandler: pauses.next,
          pingInterval: pingMillis,
          maxPingOut: mostPings,
          noAsyncTraces: true,
          ...(auth === undefined ? {} : { authenticator: authenticatorOf(client, auth) }),
          ...(hasTls ? { tls: tlsOf(options.tls ?? {}) } : {}),
        },
        servers,
      )
      const { bus, renew } = busOf(connection)
      watch(connection, observer, () => {
        pauses.reset()
        renew()
      })
      if (jetStream === undefined || options.history === undefined) return bus
      return { ...bus, history: jetStreamHistory(jetStream, connection, options.history) }
    })

const mostBytesOf = (connection: NatsConnection): number => connection.info?.max_payload ?? 1024 * 1024

/** The bus of a connection, and a function that makes refused subscriptions again. */
const busOf = (connection: NatsConnection): { readonly bus: Bus; readonly renew: () => void } => {
  // The client renews its subscriptions with each new connection, but forgets those that a server has refused.
  const refused = new Set<() => void>()
  const bus: Bus = {
    server: () => connection.getServer(),
    mostBytes: () => mostBytesOf(connection),
    publish: (subject, bytes) => {
      // The client throws at a longer message.
      if (!connection.isClosed() && bytes.length <= mostBytesOf(connection)) connection.publish(subject, bytes)
    },
    subscribe: (subject, onMessage) => {
      let unsubscribe = (): void => {}
      const begin = (): void => {
        refused.delete(begin)
        if (connection.isClosed()) return
        const subscription = connection.subscribe(subject, {
          callback: (error, message) => {
            if (error === null) onMessage(message.data)
            else refused.add(begin)
          },
        })
        unsubscribe = () => subscription.unsubscribe()
      }
      begin()
      return () => {
        refused.delete(begin)
        unsubscribe()
      }
    },
    confirm: (done) => {
      if (!connection.isClosed()) connection.flush().then(done, () => undefined)
    },
  }
  const renew = (): void => {
    for (const begin of [...refused]) begin()
  }
  return { bus, renew }
}

/** The subject of a permission error; `undefined` for another error. */
const refusedBy = (error: unknown): RefusedSubject | undefined => {
  if (!(error instanceof Error) || error.name !== "PermissionViolationError") return undefined
  const { operation, subject } = error as PermissionViolationError
  return { subject, action: operation === "subscription" ? "subscribe" : "publish" }
}

const detachReasonOf = (error: unknown): HubDetachReason =>
  error instanceof Error && error.name === "AuthorizationError"
    ? { _tag: "CredentialsRefused" }
    : { _tag: "NatsFailed", message: reasonOf(error) }

/**
 * Reports each new connection, the end of each connection with the last reason of the client, and refused subjects.
 */
const watch = (connection: NatsConnection, observer: BusObserver, onConnected: () => void): void => {
  let isConnected = true
  let reason: HubDetachReason | undefined
  const end = (fallback: HubDetachReason): void => {
    if (!isConnected) return
    isConnected = false
    observer.onDisconnected(reason ?? fallback)
  }
  const onError = (error: unknown): void => {
    const refused = refusedBy(error)
    if (refused === undefined) reason = detachReasonOf(error)
    else observer.onRefused(refused)
  }
  const take = (status: Status): void => {
    switch (status.type) {
      case "error":
        onError(status.error)
        break
      case "staleConnection":
        reason = { _tag: "NatsSilent" }
        break
      case "ldm":
        reason = { _tag: "NatsShutDown" }
        break
      case "disconnect":
        end({ _tag: "ConnectionEnded", server: status.server })
        break
      case "reconnect":
        isConnected = true
        reason = undefined
        onConnected()
        observer.onConnected(status.server)
        break
      case "close":
        end({ _tag: "NatsClientEnded" })
        break
    }
  }
  const run = async (): Promise<void> => {
    for await (const status of connection.status()) take(status)
  }
  run().catch((error: unknown) => end(detachReasonOf(error)))
}
