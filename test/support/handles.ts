import * as Effect from "effect/Effect"
import { turns } from "./turns.ts"

/** The sockets and listeners that this process holds, counted by kind. */
export const handles: Effect.Effect<Readonly<Record<string, number>>> = Effect.zipRight(
  // A handle that was closed leaves in the closing phase of the loop, one turn later.
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
 * The kinds of which the process holds more than before, and how many more. It may hold fewer: a test that ran earlier in
 * the same process may have had something left to close.
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
