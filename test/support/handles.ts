import * as Effect from "effect/Effect"
import { turns } from "../../src/testing/turns.ts"

/** The number of open sockets and listeners of this process, by kind. */
export const handles: Effect.Effect<Readonly<Record<string, number>>> = Effect.zipRight(
  // The loop removes a closed handle in its closing phase, one turn later.
  turns(3),
  Effect.sync(() => {
    const counts: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) {
      if (!/TCP|Pipe/.test(kind)) continue
      counts[kind] = (counts[kind] ?? 0) + 1
    }
    return counts
  }),
)

/**
 * The growth of each kind since `before`. A kind may also shrink, because handles of an earlier test in the same
 * process may have closed meanwhile.
 */
export const handlesBeyond = (
  before: Readonly<Record<string, number>>,
): Effect.Effect<Readonly<Record<string, number>>> =>
  Effect.map(handles, (now) =>
    Object.fromEntries(
      Object.entries(now).flatMap(([kind, count]) => {
        const more = count - (before[kind] ?? 0)
        return more > 0 ? [[kind, more] as const] : []
      }),
    ),
  )
