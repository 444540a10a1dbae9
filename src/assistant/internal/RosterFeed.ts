import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionId, ServerEvent } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import { Recorder } from "./Recorder.ts"
import type { Roster } from "./Roster.ts"

/** Callbacks for connections that open and close. They are called only while a scope follows the events. */
export interface RosterWatcher {
  readonly onEvent: (event: ServerEvent) => void
  readonly onGone: (id: ConnectionId) => void
}

/**
 * Keeps a roster up to date with the connections of a server. While a scope follows the events, each event changes the
 * roster. At other times the roster is compared with the server's list of connections before each use, so a short
 * connection costs nothing.
 */
export class RosterFeed {
  private readonly server: ServerService
  private readonly roster: Roster
  private readonly watcher: RosterWatcher
  private readonly following: Recorder
  /** The counts of the server at the last comparison. */
  private compared = { opened: 0, closed: 0 }

  constructor(server: ServerService, roster: Roster, watcher: RosterWatcher) {
    this.server = server
    this.roster = roster
    this.watcher = watcher
    // The observer starts before the comparison, so no event is lost. If the list of connections already includes the
    // change of an event, the event has no effect.
    this.following = new Recorder(
      Effect.zipRight(server.observe({ onEvent: (event) => this.onEvent(event) }), this.compare),
    )
  }

  /** Follows the events of the server until the scope closes. */
  get follow(): Effect.Effect<void, never, Scope.Scope> {
    return this.following.record
  }

  /** Updates the roster and returns it. */
  get fresh(): Effect.Effect<Roster> {
    return Effect.suspend(() => (this.following.isOn ? Effect.succeed(this.roster) : this.refreshed))
  }

  private get refreshed(): Effect.Effect<Roster> {
    return Effect.flatMap(this.server.counts, ({ closed, opened }) =>
      opened === this.compared.opened && closed === this.compared.closed
        ? Effect.succeed(this.roster)
        : Effect.as(this.compare, this.roster),
    )
  }

  private get compare(): Effect.Effect<void> {
    return Effect.zipWith(this.server.counts, this.server.connections, (counts, connections) => {
      this.compared = counts
      for (const id of this.roster.keepOnly(connections)) this.watcher.onGone(id)
    })
  }

  private onEvent(event: ServerEvent): void {
    if (event._tag === "ConnectionOpened") this.roster.add(event.id, event, event.at)
    this.watcher.onEvent(event)
    if (event._tag !== "ConnectionClosed") return
    this.roster.remove(event.id)
    this.watcher.onGone(event.id)
  }
}
