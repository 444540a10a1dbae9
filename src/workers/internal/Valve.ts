import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ServerService } from "../../server/index.ts"

/**
 * Stops a server from reading from its peers while the valve is closed. To close it, the valve subscribes to the events with
 * the policy `block`, and reads no event: the server stops reading at the first event.
 */
export class Valve {
  private readonly server: ServerService
  private readonly causes = new Set<string>()
  private subscription: Scope.CloseableScope | undefined

  constructor(server: ServerService) {
    this.server = server
  }

  /** Closes the valve for a cause. It opens when no cause is left. */
  close(cause: string): void {
    this.causes.add(cause)
    if (this.subscription !== undefined) return
    const scope = Effect.runSync(Scope.make())
    this.subscription = scope
    const blocking = this.server.subscribeEvents({ frames: true, overflow: "block", bufferBytes: 0 })
    Effect.runSync(Effect.orDie(Scope.extend(blocking, scope)))
  }

  open(cause: string): void {
    this.causes.delete(cause)
    const { subscription } = this
    if (this.causes.size > 0 || subscription === undefined) return
    this.subscription = undefined
    Effect.runSync(Scope.close(subscription, Exit.void))
  }
}
