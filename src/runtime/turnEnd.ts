/** An object with a callback for the end of a turn of the event loop. */
export interface AtTurnEnd {
  readonly onTurnEnd: () => void
}

let waiting: Array<AtTurnEnd> = []

const callAll = (): void => {
  const now = waiting
  waiting = []
  for (const callback of now) callback.onTurnEnd()
}

/**
 * Calls `onTurnEnd` at the end of this turn of the event loop (setImmediate, Node), after all readable sockets have
 * been read. All callbacks of a turn share one immediate. `onTurnEnd` must not throw.
 */
export const atTurnEnd = (one: AtTurnEnd): void => {
  if (waiting.push(one) === 1) setImmediate(callAll)
}
