import * as Effect from "effect/Effect"
import { nextTurn } from "../../runtime/nextTurn.ts"

/**
 * Receives the data that has arrived. If the process could not run for a time, a sleep ends before the process has read
 * the data that arrived in this time, so a silence counts only if there is no data after `arrivals` either.
 */
// The first turn of the event loop reads the data, and the second delivers it, because an inbox wakes its reader at the end
// of a turn.
export const arrivals: Effect.Effect<void> = Effect.zipRight(nextTurn, nextTurn)
