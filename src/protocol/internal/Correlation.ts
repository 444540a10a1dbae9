import type { Pending } from "./Pending.ts"

/** Every id of the protocol is in flight. */
export const noFreeId = Symbol("no free id")

/** Finds the request that a received message answers. */
export interface Correlation<In, Out, Ask, Id> {
  /** The number of requests that wait for a reply and count for `maxInFlight`. */
  readonly inFlight: () => number
  /** Takes a slot for a request that is about to be sent. Returns its message. */
  readonly take: (pending: Pending<In, Ask, Id>, ask: Ask) => Out | typeof noFreeId
  /** Gives back the slot of a request of which nothing was sent. */
  readonly giveBack: (pending: Pending<In, Ask, Id>) => void
  /** Nobody waits for the reply of a sent request any more. */
  readonly abandon: (pending: Pending<In, Ask, Id>) => void
  /**
   * Takes the request that a message answers out of its slot. Returns `undefined` for a message that is no reply, and
   * "late" for the reply to an abandoned request.
   */
  readonly find: (message: In) => Pending<In, Ask, Id> | "late" | undefined
  /** Takes all requests out of their slots. */
  readonly clear: () => ReadonlyArray<Pending<In, Ask, Id>>
}
