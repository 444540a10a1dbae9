import * as Effect from "effect/Effect"
import type { RequestError } from "../RequestError.ts"
import type { Turn } from "./WaitingLine.ts"

/** One request from its call to its end. It ends exactly once. */
export class Pending<In, Ask, Id> {
  /** The place in the line of unsent requests. `undefined` for a sent request. */
  turn: Turn<In, Ask, Id> | undefined
  /** The id of a sent request, in a protocol with ids. */
  id: Id | undefined
  /** Cancels the timer of the deadline. */
  cancelTimer: (() => void) | undefined
  /** Resumes the caller. `undefined` before the begin and after the end. */
  resume: ((result: Effect.Effect<In, RequestError>) => void) | undefined
  private readonly isReply: ((message: In) => boolean) | undefined

  constructor(isReply: ((message: In) => boolean) | undefined) {
    this.isReply = isReply
  }

  hasEnded(): boolean {
    return this.resume === undefined
  }

  /**
   * Whether a message is the reply. If the predicate of the program throws, the request ends with the defect and the
   * message counts as the reply.
   */
  accepts(message: In): boolean {
    if (this.isReply === undefined) return true
    try {
      return this.isReply(message)
    } catch (defect) {
      this.end(Effect.die(defect))
      return true
    }
  }

  /** Ends the request with a result. */
  end(result: Effect.Effect<In, RequestError>): void {
    const { resume } = this
    this.cancel()
    resume?.(result)
  }

  /** Ends the request without a result, after its caller was interrupted. */
  cancel(): void {
    this.resume = undefined
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}
