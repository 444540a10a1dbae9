import * as Context from "effect/Context"

/** The connection that a program feeds from a subscription. */
export interface Sender {
  /** A subscription of the program exceeded its budget and was ended. */
  readonly onSourceOverflow: (pendingBytes: number, budgetBytes: number) => void
}

/**
 * The connection that the current fiber sends to; `undefined` outside a handler and `sendAll`. A fiber that waits for
 * its peer does not pull from its subscription, so it would not notice that the subscription ended. The subscription
 * therefore notifies the connection.
 */
export class Outlet extends Context.Reference<Outlet>()("tcpfx/runtime/Outlet", {
  defaultValue: (): Sender | undefined => undefined,
}) {}
