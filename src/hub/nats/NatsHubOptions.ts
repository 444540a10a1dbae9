import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { settings as check } from "../../domain/index.ts"
import { userInfoOf } from "../../domain/userInfo.ts"
import type { HubOptions } from "../index.ts"
import { HubName } from "./internal/HubName.ts"
import { NodeName } from "./internal/NodeName.ts"

/** A secret as text. A `Redacted` value stays out of logs. */
export type Secret = string | Redacted.Redacted

/** How a node identifies itself to NATS. Default: by the user and password in the address of the first server, if any. */
export type NatsAuth =
  | { readonly _tag: "Password"; readonly user: string; readonly password: Secret }
  | { readonly _tag: "Token"; readonly token: Secret }
  /** The seed of an nkey of a user. It begins with `SU`. */
  | { readonly _tag: "Nkey"; readonly seed: Secret }
  /** The content of a credentials file, with the JWT and the seed of a user. */
  | { readonly _tag: "Credentials"; readonly content: Secret }

/** TLS of the connection to NATS. */
export interface NatsTls {
  /** CA certificates, PEM. They replace the CA certificates that come with Node. */
  readonly ca?: string
  /** The certificate of this client and its key, PEM, for a server that requests one. Default none. */
  readonly identity?: { readonly cert: string; readonly key: Secret }
  /** Whether the certificate of the server must be valid and have the name of the server. Default true. */
  readonly verify?: boolean
}

/**
 * Options of a hub on NATS. The options of `HubOptions` apply to the members of this node: each node has its own budgets,
 * and a slow member of one node never slows another node down.
 */
export interface NatsHubOptions extends HubOptions {
  /**
   * The servers, such as "nats://10.0.0.1:4222" or "tls://nats.example.com". The port is 4222 if it is absent. With several
   * servers, the node uses one of them, and changes to another one when it fails.
   */
  readonly servers: string | ReadonlyArray<string>
  /**
   * The name of the hub: a text of at most 64 bytes. Nodes with the same name and framing share the hub. Default "main"
   * (`natsDefaults.hub`).
   */
  readonly hub?: string
  /**
   * The name of this node in events and in announcements: 1 to 64 letters, digits, "-" and "_". Default: a random name of
   * six characters.
   */
  readonly node?: string
  /** How the node identifies itself. */
  readonly auth?: NatsAuth
  /** TLS settings. Default: TLS if the server requires it, with the CA certificates that come with Node. */
  readonly tls?: NatsTls
  /**
   * The maximum memory of the messages that wait for NATS, bytes. While NATS takes them, publishers of this node wait at
   * this bound. While the hub is detached, its oldest frames are dropped. The same bound applies to messages that arrive
   * from NATS while the members of this node are blocked. Default 8 MiB (`natsDefaults.queueBytes`).
   */
  readonly queueBytes?: number
  /** How long NATS may take nothing before the hub is detached. Default 2 s (`natsDefaults.stallTimeout`). */
  readonly stallTimeout?: Duration.DurationInput
  /** The time between two announcements of a node. Default 2 s (`natsDefaults.announceInterval`). */
  readonly announceInterval?: Duration.DurationInput
  /** How long a node may be silent before it leaves the hub. Default 7 s (`natsDefaults.nodeTimeout`). */
  readonly nodeTimeout?: Duration.DurationInput
  /** The deadline of a connection to one server. Default 5 s (`natsDefaults.connectTimeout`). */
  readonly connectTimeout?: Duration.DurationInput
}

/** The defaults of a hub on NATS. Each comment names the unit, and what happens at the bound. */
export const natsDefaults = {
  /** The name of the hub. */
  hub: "main",
  /**
   * The maximum memory of the messages that wait for NATS, bytes. Publishers of this node wait at it, or the oldest frames
   * are dropped while the hub is detached.
   */
  queueBytes: 8 * 1024 * 1024,
  /** The time after which a hub whose frames NATS does not take is detached: `HubDetached`. */
  stallTimeout: "2 seconds",
  /** The time between two announcements of a node. */
  announceInterval: "2 seconds",
  /** The time after which a silent node leaves the hub: `NodeLeft`. */
  nodeTimeout: "7 seconds",
  /** The deadline of a connection to one server. The start of the hub fails with `NatsConnectError`. */
  connectTimeout: "5 seconds",
} as const

const isServer = (value: unknown): boolean => {
  if (typeof value !== "string") return false
  const text = value.includes("://") ? value : `nats://${value}`
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const { hostname, protocol, port } = url
  const isNats = protocol === "nats:" || protocol === "tls:"
  return isNats && hostname !== "" && port !== "0" && userInfoOf(url) !== undefined
}

const isSecret = (value: unknown): boolean => {
  const text = Redacted.isRedacted(value) ? Redacted.value(value) : value
  return typeof text === "string" && text !== ""
}

const isAuth = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null || !("_tag" in value)) return false
  const { _tag, content, password, seed, token, user } = value as Readonly<Record<string, unknown>>
  switch (_tag) {
    case "Password":
      return typeof user === "string" && user !== "" && isSecret(password)
    case "Token":
      return isSecret(token)
    case "Nkey":
      return isSecret(seed)
    case "Credentials":
      return isSecret(content)
    default:
      return false
  }
}

/** The checks of the options that `HubOptions` does not have. */
export const natsChecks: check.SettingChecks<Omit<NatsHubOptions, keyof HubOptions>> = {
  servers: {
    expected: 'a server or a list of servers, such as "nats://10.0.0.1:4222" or "tls://nats.example.com"',
    accepts: (value) => (Array.isArray(value) ? value.length > 0 && value.every(isServer) : isServer(value)),
  },
  hub: {
    expected: `a text of at most ${HubName.mostBytes} bytes`,
    accepts: (value) => typeof value === "string" && HubName.isName(value),
  },
  node: {
    expected: '1 to 64 letters, digits, "-" and "_"',
    accepts: (value) => typeof value === "string" && NodeName.isName(value),
  },
  auth: { expected: "a user and a password, a token, an nkey seed, or credentials", accepts: isAuth },
  tls: check.fieldsOf<NatsTls>(
    {
      ca: { expected: "certificates as PEM", accepts: (value) => typeof value === "string" },
      identity: check.fieldsOf<NonNullable<NatsTls["identity"]>>(
        {
          cert: { expected: "a certificate as PEM", accepts: (value) => typeof value === "string" },
          key: { expected: "a key as PEM", accepts: isSecret },
        },
        "a certificate and its key",
      ),
      verify: check.oneOfThese([true, false]),
    },
    "an object",
  ),
  queueBytes: check.wholeNumber(64 * 1024, 1024 * 1024 * 1024),
  stallTimeout: check.interval,
  announceInterval: check.interval,
  nodeTimeout: check.interval,
  connectTimeout: check.interval,
}
