import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ClientSettings } from "../../client/index.ts"
import type { ConnectionClosedError } from "../../domain/index.ts"
import type { Connection } from "../../transport/index.ts"
import type { CommandFailed } from "../exit.ts"
import { inputPayloads } from "../inputPayloads.ts"
import { Stdio } from "../stdio.ts"

/** What is to be sent, over one connection or, when that is lost, over the next. */
export interface Outgoing {
  /** Sends everything until the end of the input. What a lost connection did not take is sent by the next call. */
  readonly sendAll: (connection: Connection) => Effect.Effect<void, ConnectionClosedError | CommandFailed>
  /** Whether the input has come to its end and everything was sent. */
  readonly isDone: () => boolean
  /** Waits until nothing has come from the input for so long, while it is waited for. */
  readonly idle: (time: Duration.Duration) => Effect.Effect<void>
}

/** The texts of `--send`, or else standard input. */
export const makeOutgoing = (
  texts: ReadonlyArray<Uint8Array>,
  settings: ClientSettings,
): Effect.Effect<Outgoing, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const input =
      texts.length > 0 ? undefined : inputPayloads(yield* stdio.openInput, settings.frame, settings.maxFrame)
    let waiting: ReadonlyArray<Uint8Array> = texts
    let over = input === undefined
    let reads = 0

    const sendWaiting = (connection: Connection) =>
      Effect.whileLoop({
        while: () => waiting.length > 0,
        body: () => connection.send(waiting[0] ?? new Uint8Array(0)),
        step: () => {
          waiting = waiting.slice(1)
        },
      })

    const sendAll: Outgoing["sendAll"] = (connection) =>
      Effect.gen(function* () {
        yield* sendWaiting(connection)
        while (!over && input !== undefined) {
          const next = yield* input.next
          reads++
          if (Option.isSome(next)) waiting = next.value
          else over = true
          yield* sendWaiting(connection)
        }
      })

    return {
      sendAll,
      isDone: () => over && waiting.length === 0,
      idle: (time) => {
        const quiet: Effect.Effect<void> = Effect.suspend(() => {
          const before = reads
          const unchanged = () => reads === before && waiting.length === 0
          return Effect.flatMap(Effect.sleep(time), () => (unchanged() ? Effect.void : quiet))
        })
        return quiet
      },
    }
  })
