import * as Schema from "effect/Schema"
import { escapeControls } from "./escapes.ts"
import { formatMillis } from "./quantities.ts"

/** An action that NATS did not allow the user of a node: `publish` or `subscribe`. */
export const NatsAction = Schema.Literal("publish", "subscribe")
export type NatsAction = typeof NatsAction.Type

/** The connection to the NATS server ended. */
const ConnectionEnded = Schema.TaggedStruct("ConnectionEnded", { server: Schema.String })
/** The NATS server does not answer the pings of the NATS client. */
const NatsSilent = Schema.TaggedStruct("NatsSilent", {})
/** The NATS server shuts down. */
const NatsShutDown = Schema.TaggedStruct("NatsShutDown", {})
/** NATS confirmed nothing for `timeoutMillis`. */
const NatsStalled = Schema.TaggedStruct("NatsStalled", { timeoutMillis: Schema.Number })
/** NATS refuses the credentials of the node. */
const CredentialsRefused = Schema.TaggedStruct("CredentialsRefused", {})
/** NATS does not allow this user to publish or to subscribe to a subject that all nodes of the hub use. */
const SubjectRefused = Schema.TaggedStruct("SubjectRefused", { subject: Schema.String, action: NatsAction })
/** The connection to NATS failed with an error that has no reason of its own. `message` is the error. */
const NatsFailed = Schema.TaggedStruct("NatsFailed", { message: Schema.String })
/** The NATS client ended. */
const NatsClientEnded = Schema.TaggedStruct("NatsClientEnded", {})
/** A part of the hub itself failed. `message` is its error. */
const BridgeFailed = Schema.TaggedStruct("BridgeFailed", { message: Schema.String })

/** The reason why a hub is detached from NATS. */
export const HubDetachReason = Schema.Union(
  ConnectionEnded,
  NatsSilent,
  NatsShutDown,
  NatsStalled,
  CredentialsRefused,
  SubjectRefused,
  NatsFailed,
  NatsClientEnded,
  BridgeFailed,
)
export type HubDetachReason = typeof HubDetachReason.Type

/**
 * Describes a reason in words that follow "the hub is detached: ".
 *
 * @example
 * import { describeHubDetachReason } from "tcpfx/domain"
 *
 * assert.equal(describeHubDetachReason({ _tag: "NatsStalled", timeoutMillis: 2000 }), "NATS has taken nothing for 2 s")
 */
export const describeHubDetachReason = (reason: HubDetachReason): string => {
  switch (reason._tag) {
    case "ConnectionEnded":
      return `the connection to NATS at ${reason.server} has ended`
    case "NatsSilent":
      return "NATS does not answer"
    case "NatsShutDown":
      return "the NATS server shuts down"
    case "NatsStalled":
      return `NATS has taken nothing for ${formatMillis(reason.timeoutMillis)}`
    case "CredentialsRefused":
      return "NATS refuses the credentials"
    case "SubjectRefused":
      return describeSubjectRefused(reason)
    case "NatsFailed":
      return `the connection to NATS has failed: ${escapeControls(reason.message)}`
    case "NatsClientEnded":
      return "the NATS client has ended"
    case "BridgeFailed":
      return `the hub cannot be bridged: ${escapeControls(reason.message)}`
  }
}

/** Describes a subject that NATS does not allow. */
export const describeSubjectRefused = ({
  action,
  subject,
}: {
  readonly action: NatsAction
  readonly subject: string
}): string => `NATS does not allow this user to ${action} to ${escapeControls(subject)}`
