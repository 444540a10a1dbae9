import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../connection/index.ts"
import type * as Assistant from "../../domain/assistant/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import { DelayedActions } from "./DelayedActions.ts"
import { keptHit, type RuleHit } from "./RuleBook.ts"
import type { WindowParts } from "./WindowParts.ts"

// Rules identify a peer by its number. This is the number of the server, which is the only peer of a client window.
const server = 0

/** The parts of the window on which rules act, apart from the connection. */
export interface RuledWindow {
  /** Runs an effect in the scope of the window. */
  readonly run: (effect: Effect.Effect<unknown>) => Fiber.RuntimeFiber<unknown, unknown>
  /** Ends the connection as the user's command does, so the client does not reconnect. */
  readonly disconnect: (how: "close" | "reset") => void
}

/** Serves a connection of a client window until it ends, and gives each frame to the rules. */
export type Converse = (
  connection: Connection,
  askRules: (frame: Uint8Array) => Effect.Effect<void>,
) => Effect.Effect<void, ConnectionClosedError, Scope.Scope>

/** Applies the rules of a client window to the frames of its server. */
export class ClientRules {
  private readonly parts: WindowParts
  private readonly coders: { readonly in: Assistant.TextCoder; readonly out: Assistant.TextCoder }
  private readonly window: RuledWindow
  private readonly delayed: DelayedActions

  constructor(
    parts: WindowParts,
    coders: { readonly in: Assistant.TextCoder; readonly out: Assistant.TextCoder },
    window: RuledWindow,
  ) {
    this.parts = parts
    this.coders = coders
    this.window = window
    this.delayed = new DelayedActions(window.run)
  }

  /** A rule was added or removed, or has switched itself off. */
  rulesChanged(): void {
    this.delayed.rulesChanged(this.parts.rules)
  }

  /**
   * Serves a connection until it ends. By default the rules test each frame, and the next frame waits until the replies
   * are sent.
   */
  serve(
    connection: Connection,
    converse: Converse = (served, askRules) => served.runForEach(askRules),
  ): Effect.Effect<void, ConnectionClosedError, Scope.Scope> {
    return Effect.ensuring(
      converse(connection, (frame) => this.onFrame(connection, frame)),
      Effect.sync(() => this.delayed.clientGone(server)),
    )
  }

  private onFrame(connection: Connection, frame: Uint8Array): Effect.Effect<void> {
    const { rules } = this.parts
    if (rules.isIdle) return Effect.void
    // A client window has one peer, so the recipients of a rule have no effect.
    const hit = rules.find(
      frame,
      () => true,
      (bytes) => {
        const decoder = this.coders.in.decoder()
        return decoder.write(bytes) + decoder.end()
      },
    )
    if (hit === undefined) return Effect.void
    const { delay } = hit.rule.rule
    return delay === undefined || delay === 0
      ? this.act(connection, hit)
      : Effect.sync(() => {
          const problem = this.delayed.add(hit.rule, server, this.act(connection, keptHit(hit)))
          if (problem !== undefined) rules.setProblem(hit.rule, problem)
        })
  }

  private act(connection: Connection, { captures, frame, rule }: RuleHit): Effect.Effect<void> {
    const { payloads, rules, senders } = this.parts
    return Effect.forEach(
      rule.actions,
      (action): Effect.Effect<void, { readonly message: string }> => {
        switch (action._tag) {
          case "Reply":
            return Effect.flatMap(
              payloads.bytes(action.payload, { coder: this.coders.out, captures, frame }, payloads.nextSending()),
              (bytes) => {
                senders.set(bytes, rule.rule.name)
                return connection.send(bytes)
              },
            )
          case "Close":
          case "Reset":
            return Effect.sync(() => this.window.disconnect(action._tag === "Close" ? "close" : "reset"))
          case "Rename":
          case "Tag":
            return Effect.fail({ message: "only a server window has clients with names and tags" })
        }
      },
      { discard: true },
    ).pipe(
      Effect.match({
        onSuccess: () => rules.setProblem(rule, undefined),
        onFailure: ({ message }) => rules.setProblem(rule, message),
      }),
    )
  }
}
