import * as Duration from "effect/Duration"
import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import { closeReasons } from "../../domain/index.ts"
import type { Timing } from "../../runtime/Timing.ts"

// How long a handler may be idle after the FIN of a peer that has sent no frame. Such a peer waits for no answer.
const graceWithoutFrame = Duration.seconds(1)

// How long a handler that uses `receive` may be idle after the FIN. It may work on an answer.
const answerGrace = Duration.seconds(30)

/** A connection that a handler in a fiber serves. */
export interface HandledConnection {
  readonly core: ConnectionCore
  /** Whether the handler is running. */
  readonly isServing: boolean
  /** Cancels the timer that interrupts the handler. */
  cancelInterrupt: (() => void) | undefined
  readonly interrupt: () => void
}

/**
 * Closes the connection of a handler that does not notice the FIN of its peer, and interrupts the handler.
 *
 * A handler that receives until the end of the input notices the FIN, and may work on its last answer for any time. Any
 * other handler counts as unaware after it has neither received nor sent anything for `closeDeadline`. For a handler
 * that has used `receive`, this time is at least {@link answerGrace}. If the peer has sent no frame, it is at most
 * {@link graceWithoutFrame}.
 */
export const closeUnawareHandler = (
  connection: HandledConnection,
  closeDeadline: Duration.Duration,
  timing: Timing,
): void => {
  const { core } = connection
  const grace = core.hasFrame ? closeDeadline : Duration.min(closeDeadline, graceWithoutFrame)
  const checkLater = (handled: number, idle: Duration.Duration): void => {
    connection.cancelInterrupt = timing.after(grace, () => {
      if (!connection.isServing || core.end !== undefined || core.learnsPeerEnd()) return
      const handledNow = core.handled()
      if (handledNow !== handled) return checkLater(handledNow, Duration.zero)
      const idleNow = Duration.sum(idle, grace)
      if (core.hasFrame && core.isAnswering() && Duration.lessThan(idleNow, answerGrace)) {
        return checkLater(handledNow, idleNow)
      }
      core.beginClose(closeReasons.localClosed)
      connection.interrupt()
    })
  }
  checkLater(core.handled(), Duration.zero)
}
