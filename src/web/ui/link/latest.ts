import type { Stop } from "./Stop.ts"

/**
 * At most one request is in flight, and the last wish wins: wishes that come meanwhile replace each other, and the last of
 * them is sent when the answer is there. So a slow server is asked rarely, and never for something outdated.
 */
export interface Latest<A> {
  readonly wish: (wanted: A) => void
  readonly stop: Stop
}

export const makeLatest = <A>(send: (wanted: A, done: () => void) => Stop): Latest<A> => {
  let waiting: { readonly wanted: A } | undefined
  let running: Stop | undefined
  let stopped = false
  const start = (wanted: A): void => {
    // `send` may answer before it returns.
    let ended = false
    const stop = send(wanted, () => {
      ended = true
      running = undefined
      const next = waiting
      waiting = undefined
      if (next !== undefined && !stopped) start(next.wanted)
    })
    if (!ended) running = stop
  }
  return {
    wish: (wanted) => {
      if (stopped) return
      if (running === undefined) start(wanted)
      else waiting = { wanted }
    },
    stop: () => {
      stopped = true
      waiting = undefined
      running?.()
      running = undefined
    },
  }
}
