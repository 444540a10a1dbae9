import * as Schema from "effect/Schema"

/**
 * The number of a connection: 1, 2, 3 … in the order in which a server accepts them. A server never reuses a number.
 */
export const ConnectionId = Schema.Int.pipe(Schema.positive(), Schema.brand("ConnectionId"))
export type ConnectionId = typeof ConnectionId.Type

/**
 * Formats an id as logs and messages show it.
 *
 * @example
 * import { ConnectionId, formatConnectionId } from "tcpfx/domain"
 *
 * assert.equal(formatConnectionId(ConnectionId.make(3)), "#3")
 */
export const formatConnectionId = (id: ConnectionId): string => `#${id}`
