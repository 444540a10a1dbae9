import type { Stop } from "./Stop.ts"

/**
 * Sends at most one request at a time. During a request, only the latest call of `wish` waits; it replaces an earlier
 * waiting call. So a slow server gets few requests and no outdated request.
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
    // `send` may call `done` before it returns.
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
