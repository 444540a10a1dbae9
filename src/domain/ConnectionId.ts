import * as Schema from "effect/Schema"

/**
 * The number of a connection: 1, 2, 3 … in the order of acceptance, per server, never reused. Shown as `#3`.
 */
export const ConnectionId = Schema.Int.pipe(Schema.positive(), Schema.brand("ConnectionId"))
export type ConnectionId = typeof ConnectionId.Type

/**
 * The way an id is written for people.
 *
 * @example
 * import { ConnectionId, formatConnectionId } from "tcpfx/domain"
 *
 * assert.equal(formatConnectionId(ConnectionId.make(3)), "#3")
 */
export const formatConnectionId = (id: ConnectionId): string => `#${id}`
