/** What is called at the end of a turn of the event loop. */
export interface AtTurnEnd {
  readonly onTurnEnd: () => void
}

let waiting: Array<AtTurnEnd> = []

const callAll = (): void => {
  const now = waiting
  waiting = []
  for (const one of now) one.onTurnEnd()
}

/**
 * Calls back at the end of this turn of the event loop, when every socket that had something has been read
 * (setImmediate, Node), all who asked for it together. `onTurnEnd` must not throw.
 */
export const atTurnEnd = (one: AtTurnEnd): void => {
  if (waiting.push(one) === 1) setImmediate(callAll)
}
