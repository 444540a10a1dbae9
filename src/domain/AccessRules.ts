import * as Schema from "effect/Schema"
import type { AddressSet } from "./AddressSet.ts"
import type { Endpoint } from "./Endpoint.ts"
import { escapeControls } from "./escapes.ts"
import { formatMillis } from "./quantities.ts"
import { describeTlsFailure } from "./tlsFailures.ts"

/**
 * Which addresses may connect. Where `allow` is not empty, only the addresses in it may, also those that are in `deny`
 * too (as in ncat). Otherwise all addresses may that are not in `deny`.
 */
export interface AccessRules {
  readonly allow: AddressSet
  readonly deny: AddressSet
}

/** Why a connection was refused. */
export const RefusalRule = Schema.Union(
  /** The server drains. */
  Schema.TaggedStruct("Draining", {}),
  /** Accepting is suspended. */
  Schema.TaggedStruct("Suspended", {}),
  /** There are rules of who may connect, and none names it. */
  Schema.TaggedStruct("NotAllowed", {}),
  /** A rule of who may not connect names it: the range, as it was written. */
  Schema.TaggedStruct("Denied", { range: Schema.String }),
  /** So many connections are open, and no more may be. */
  Schema.TaggedStruct("TooManyConnections", { limit: Schema.Int }),
  /** So many connections of its address are open, and no more may be. */
  Schema.TaggedStruct("TooManyOfAddress", { limit: Schema.Int }),
  /** Proxies have to tell whom they connect for, and it is none of those who may. */
  Schema.TaggedStruct("ProxyNotTrusted", {}),
  /** What a proxy told is no header of the PROXY protocol. */
  Schema.TaggedStruct("ProxyHeaderInvalid", { problem: Schema.String }),
  /** It did not come to the end of its handshake in time. */
  Schema.TaggedStruct("HandshakeTimeout", { timeoutMillis: Schema.Number }),
  /** Its TLS handshake failed, with a code of the system or of OpenSSL. */
  Schema.TaggedStruct("HandshakeFailed", { code: Schema.String }),
)
export type RefusalRule = typeof RefusalRule.Type

const notAllowed: RefusalRule = { _tag: "NotAllowed" }

/**
 * The rule that refuses an endpoint, or none. An endpoint without an address, which a unix socket is, is in no range:
 * it is refused wherever `allow` is not empty, and never by `deny`.
 */
export const refusalOf = ({ allow, deny }: AccessRules, remote: Endpoint): RefusalRule | undefined => {
  if (allow.size === 0 && deny.size === 0) return undefined
  const host = remote._tag === "Tcp" ? remote.host : undefined
  if (allow.size > 0) return host !== undefined && allow.find(host) !== undefined ? undefined : notAllowed
  const range = host === undefined ? undefined : deny.find(host)
  return range === undefined ? undefined : { _tag: "Denied", range }
}

const areOpen = (count: number, where: string): string =>
  count === 1 ? `one connection${where} is open` : `${count} connections${where} are open`

/**
 * A refusal in words, to stand behind "refused: ".
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
      return "not among those who may connect"
    case "Denied":
      return `denied by ${rule.range}`
    case "TooManyConnections":
      return `${areOpen(rule.limit, "")}, no more may be`
    case "TooManyOfAddress":
      return `${areOpen(rule.limit, " from its address")}, no more may be`
    case "ProxyNotTrusted":
      return "not among the proxies that may connect"
    case "ProxyHeaderInvalid":
      return `PROXY header: ${escapeControls(rule.problem)}`
    case "Suspended":
      return "nobody is accepted for the moment"
    case "HandshakeTimeout":
      return `its handshake was not done after ${formatMillis(rule.timeoutMillis)}`
    case "HandshakeFailed":
      return `TLS: ${describeTlsFailure(rule.code)}`
  }
}
