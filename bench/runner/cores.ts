import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Generator, startLoad } from "./load.ts"

// The host of a virtual machine moves its cores about. While the two share a cache, what the server has written is there
// when the generator reads it; while they do not, it comes through memory, and everything that is sent takes twice as
// long. Which it is changes within seconds, and has nothing to do with who is being measured.

/** How often the distance is asked for before the first run; the shortest is what it can be. */
const firstProbes = 20
const betweenProbes = Duration.millis(250)
const betweenLooks = Duration.seconds(1)
/** So many times as far as they can be near, cores are apart. */
const apartFrom = 2
/** What waiting for them and repeating runs may take altogether. */
const patience = Duration.minutes(20)

/** What was found with a run, and whether the cores were apart before or after it. */
export interface Kept<A> {
  readonly value: A
  readonly apart: boolean
  /** What was found with the runs before it that do not count. What went wrong in them went wrong. */
  readonly dropped: ReadonlyArray<A>
}

/** What is to be said of the cores when all is done. */
export interface CoresReport {
  /** How long a word takes from one core to the other and back, at best. */
  readonly nanos: number
  /** Runs that did not count, as the cores had come apart. */
  readonly repeated: number
}

/** Sees to it that runs are measured while the cores of the machine share a cache, as far as it ever is so. */
export interface Cores {
  /** Waits until they do, and repeats a run after which they do not any more, until patience is at its end. */
  readonly together: <A, E, R>(run: Effect.Effect<A, E, R>) => Effect.Effect<Kept<A>, E, R>
  readonly report: () => CoresReport | undefined
}

/** Cores that nobody looks at. */
export const anyCores: Cores = {
  together: Effect.map((value) => ({ value, apart: false, dropped: [] })),
  report: () => undefined,
}

/**
 * `probe`: how far the cores are from each other, nanoseconds; none where that cannot be told. `say`: told what is waited
 * for and what is repeated, one line at a time.
 */
export const watchCores = Effect.fnUntraced(function* (
  probe: Effect.Effect<number | undefined>,
  say: (line: string) => void,
) {
  let nearest = Number.POSITIVE_INFINITY
  let repeated = 0
  let leftMillis = Duration.toMillis(patience)
  /** Asks anew; who cannot be asked any more is as near as can be. */
  const distance = Effect.map(probe, (nanos) => {
    if (nanos !== undefined) nearest = Math.min(nearest, nanos)
    return nanos ?? nearest
  })
  const spend = (time: Duration.Duration) => {
    leftMillis -= Duration.toMillis(time)
    if (leftMillis <= 0) say("has no patience left: from now on runs count however the cores are")
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
      // Judged by what is known of them now.
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
  `the cores share no cache, a word takes ${nanos.toFixed(0)} ns there and back in place of ${nearest.toFixed(0)}`

/** Asks the generator, which knows the distance only on a machine with two cores. */
export const probeBy = (generator: Generator): Effect.Effect<number | undefined> =>
  startLoad({ generator, work: "cores", load: { limit: 5 } }).pipe(
    Effect.flatMap(({ result }) => result),
    Effect.map(({ roundTripNanos }) => roundTripNanos),
    Effect.scoped,
    Effect.orElseSucceed(() => undefined),
  )
