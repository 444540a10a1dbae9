import * as Context from "effect/Context"

/** A connection to which a program sends the frames of a subscription. */
export interface Sender {
  /** Notifies the connection that a subscription of the program exceeded its budget and has ended. */
  readonly onSourceOverflow: (pendingBytes: number, budgetBytes: number) => void
}

/**
 * The connection to which the current fiber sends. It is `undefined` outside a handler and `sendAll`. A fiber that
 * waits until its peer accepts bytes does not pull from its subscription, so it does not notice the end of the
 * subscription. The subscription therefore notifies the connection.
 */
export class Outlet extends Context.Reference<Outlet>()("tcpfx/runtime/Outlet", {
  defaultValue: (): Sender | undefined => undefined,
}) {}
