import * as Schema from "effect/Schema"
import type { AddressSet } from "./AddressSet.ts"
import type { Endpoint } from "./Endpoint.ts"
import { escapeControls } from "./escapes.ts"
import { formatMillis } from "./quantities.ts"
import { describeTlsFailure } from "./tlsFailures.ts"

/**
 * The addresses that may connect. If `allow` is not empty, only its addresses may connect, and `deny` has no effect (as
 * in ncat). If `allow` is empty, every address outside `deny` may connect.
 */
export interface AccessRules {
  readonly allow: AddressSet
  readonly deny: AddressSet
}

/** The rule that refused a connection. */
export const RefusalRule = Schema.Union(
  /** The server is draining. */
  Schema.TaggedStruct("Draining", {}),
  /** Accepting is suspended. */
  Schema.TaggedStruct("Suspended", {}),
  /** The server has an allow list, and the client's address is not in it. */
  Schema.TaggedStruct("NotAllowed", {}),
  /** The deny list contains the client's address. `range` is the matching range as it was written. */
  Schema.TaggedStruct("Denied", { range: Schema.String }),
  /** The server has `limit` open connections, which is its maximum. */
  Schema.TaggedStruct("TooManyConnections", { limit: Schema.Int }),
  /** The client's address has `limit` open connections, which is the maximum for one address. */
  Schema.TaggedStruct("TooManyOfAddress", { limit: Schema.Int }),
  /** The server accepts connections from trusted proxies only, and the peer is not a trusted proxy. */
  Schema.TaggedStruct("ProxyNotTrusted", {}),
  /** The connection did not begin with a valid header of the PROXY protocol. */
  Schema.TaggedStruct("ProxyHeaderInvalid", { problem: Schema.String }),
  /** The PROXY header or the TLS handshake did not complete in time. */
  Schema.TaggedStruct("HandshakeTimeout", { timeoutMillis: Schema.Number }),
  /** The TLS handshake failed. `code` comes from the kernel, Node or OpenSSL. */
  Schema.TaggedStruct("HandshakeFailed", { code: Schema.String }),
  /** The worker process did not take over the accepted socket: it ended, or the system refused. `cause` says which. */
  Schema.TaggedStruct("HandOverFailed", { worker: Schema.Number, cause: Schema.String }),
)
export type RefusalRule = typeof RefusalRule.Type

const notAllowed: RefusalRule = { _tag: "NotAllowed" }

/**
 * Returns the rule that refuses `remote`, or `undefined`. A unix socket has no address, so no range contains it. If
 * `allow` is not empty, a unix socket is refused. `deny` never refuses a unix socket.
 */
export const refusalOf = ({ allow, deny }: AccessRules, remote: Endpoint): RefusalRule | undefined => {
  if (allow.size === 0 && deny.size === 0) return undefined
  const host = remote._tag === "Tcp" ? remote.host : undefined
  if (allow.size > 0) return host !== undefined && allow.find(host) !== undefined ? undefined : notAllowed
  const range = host === undefined ? undefined : deny.find(host)
  return range === undefined ? undefined : { _tag: "Denied", range }
}

const limitReached = (limit: number, where: string): string =>
  `the limit of ${limit} ${limit === 1 ? "connection" : "connections"}${where} is reached`

/**
 * Describes a refusal in words that follow "refused: ".
 *
 * @example
 * import { describeRefusal } from "tcpfx/domain"
 *
 * assert.equal(describeRefusal({ _tag: "Denied", range: "10.0.0.0/8" }), "denied by 10.0.0.0/8")
 */
export const describeRefusal = (rule: RefusalRule): string => {
  switch (rule._tag) {
    case "Draining":
      return "draining"
    case "NotAllowed":
      return "its address is not in the allow list"
    case "Denied":
      return `denied by ${rule.range}`
    case "TooManyConnections":
      return limitReached(rule.limit, "")
    case "TooManyOfAddress":
      return limitReached(rule.limit, " from its address")
    case "ProxyNotTrusted":
      return "its address is not a trusted proxy"
    case "ProxyHeaderInvalid":
      return `PROXY header: ${escapeControls(rule.problem)}`
    case "Suspended":
      return "accepting is suspended"
    case "HandshakeTimeout":
      return `its handshake did not complete within ${formatMillis(rule.timeoutMillis)}`
    case "HandshakeFailed":
      return `TLS: ${describeTlsFailure(rule.code)}`
    case "HandOverFailed":
      return `worker process ${rule.worker} did not take it over (${escapeControls(rule.cause)})`
  }
}
