import * as Context from "effect/Context"

/** Where a program sends what it takes from a subscription: a connection. */
export interface Sender {
  /** A subscription of the program has lagged beyond its budget and was cut off. */
  readonly onSourceOverflow: (pendingBytes: number, budgetBytes: number) => void
}

/**
 * The connection that the current program sends to; none outside a handler and outside `sendAll`. A program that waits
 * for its peer does not pull, so it would never learn that its subscription was cut off: the subscription tells the
 * connection instead.
 */
export class Outlet extends Context.Reference<Outlet>()("tcpfx/runtime/Outlet", {
  defaultValue: (): Sender | undefined => undefined,
}) {}
