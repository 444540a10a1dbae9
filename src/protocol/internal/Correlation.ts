import type { Pending } from "./Pending.ts"

/** The result of `take` when every id of the protocol is in flight. */
export const noFreeId = Symbol("no free id")

/** Finds the request that a received message answers. */
export interface Correlation<In, Out, Ask, Id> {
  /** The number of requests that count towards `maxInFlight`. */
  readonly inFlight: () => number
  /** Takes a slot for a request that is about to be sent. Returns the message to send, or `noFreeId`. */
  readonly take: (pending: Pending<In, Ask, Id>, ask: Ask) => Out | typeof noFreeId
  /** Frees the slot of a request that could not be sent. */
  readonly giveBack: (pending: Pending<In, Ask, Id>) => void
  /** Marks a sent request whose caller no longer waits for the reply. */
  readonly abandon: (pending: Pending<In, Ask, Id>) => void
  /**
   * Returns the request that a message answers, and frees its slot. Returns `undefined` for a message that is not a
   * reply, and "late" for the reply to an abandoned request.
   */
  readonly find: (message: In) => Pending<In, Ask, Id> | "late" | undefined
  /** Frees all slots. Returns their requests. */
  readonly clear: () => ReadonlyArray<Pending<In, Ask, Id>>
}
