import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Generator, startLoad } from "./load.ts"

// The host of a virtual machine moves its cores. While two cores share a cache, the generator reads the bytes of the server
// from the cache. While they do not, the bytes come through memory, and sending takes twice as long. The distance changes
// within seconds and does not depend on the contender.

/** Probes before the first run. The shortest distance becomes the reference. */
const firstProbes = 20
const betweenProbes = Duration.millis(250)
const betweenLooks = Duration.seconds(1)
/** Cores count as apart when their distance is at least this multiple of the shortest distance. */
const apartFrom = 2
/** The maximum time for waiting and repeated runs in one bench. */
const patience = Duration.minutes(20)

/** The result of a run, and whether the cores were apart before or after the run. */
export interface Kept<A> {
  readonly value: A
  readonly apart: boolean
  /** The results of the runs that were repeated. Their figures do not count, but their faults do. */
  readonly dropped: ReadonlyArray<A>
}

/** The lines about cores in the report. */
export interface CoresReport {
  /** The shortest round trip of a word between the two cores. */
  readonly nanos: number
  /** Runs that were repeated because the cores were apart afterwards. */
  readonly repeated: number
}

/** Runs measurements while the cores of the machine share a cache. */
export interface Cores {
  /** Waits until the cores share a cache. Repeats a run if they do not afterwards. Stops both after `patience`. */
  readonly together: <A, E, R>(run: Effect.Effect<A, E, R>) => Effect.Effect<Kept<A>, E, R>
  readonly report: () => CoresReport | undefined
}

/** Measures without checking the cores. */
export const anyCores: Cores = {
  together: Effect.map((value) => ({ value, apart: false, dropped: [] })),
  report: () => undefined,
}

/**
 * `probe` returns the distance of the cores in nanoseconds, or `undefined` if it is unknown. `say` is called with one line for
 * each wait and each repeated run.
 */
export const watchCores = Effect.fnUntraced(function* (
  probe: Effect.Effect<number | undefined>,
  say: (line: string) => void,
) {
  let nearest = Number.POSITIVE_INFINITY
  let repeated = 0
  let leftMillis = Duration.toMillis(patience)
  /** Probes again. A probe that fails counts as the shortest distance. */
  const distance = Effect.map(probe, (nanos) => {
    if (nanos !== undefined) nearest = Math.min(nearest, nanos)
    return nanos ?? nearest
  })
  const spend = (time: Duration.Duration) => {
    leftMillis -= Duration.toMillis(time)
    if (leftMillis <= 0) say("spent 20 min on the cores, by waiting and repeating: from now on every run counts")
  }
  const isFar = (nanos: number) => nanos > apartFrom * nearest
  const together: Cores["together"] = Effect.fnUntraced(function* (run) {
    const dropped = []
    for (;;) {
      let before = yield* distance
      if (isFar(before) && leftMillis > 0) say(`waits: ${apartBy(before, nearest)}`)
      while (isFar(before) && leftMillis > 0) {
        yield* Effect.sleep(betweenLooks)
        spend(betweenLooks)
        before = yield* distance
      }
      const [took, value] = yield* Effect.timed(run)
      const after = yield* distance
      // Compares with the shortest distance so far, which the probe after the run may have lowered.
      const apart = isFar(Math.max(before, after))
      if (!apart || leftMillis <= 0) return { value, apart, dropped }
      say(`repeats a run: ${apartBy(Math.max(before, after), nearest)}`)
      spend(took)
      dropped.push(value)
      repeated++
    }
  })
  for (let count = 0; count < firstProbes; count++) {
    yield* distance
    if (nearest === Number.POSITIVE_INFINITY) return anyCores
    yield* Effect.sleep(betweenProbes)
  }
  const cores: Cores = { together, report: () => ({ nanos: nearest, repeated }) }
  return cores
})

const apartBy = (nanos: number, nearest: number): string =>
  `the cores share no cache: the round trip of a word takes ${nanos.toFixed(0)} ns, at best ${nearest.toFixed(0)}`

/**
 * Measures the distance between the two cores of the machine with the load generator, in nanoseconds. Returns `undefined`
 * on a machine with another number of cores.
 */
export const probeBy = (generator: Generator): Effect.Effect<number | undefined> =>
  startLoad({ generator, work: "cores", load: { limit: 5 } }).pipe(
    Effect.flatMap(({ result }) => result),
    Effect.map(({ roundTripNanos }) => roundTripNanos),
    Effect.scoped,
    Effect.orElseSucceed(() => undefined),
  )
