import { readdirSync } from "node:fs"
import * as v8 from "node:v8"
import * as Effect from "effect/Effect"
import { turns } from "../../../src/testing/turns.ts"

/** The resources of a process that a connection could leave behind. */
export const footprint = Effect.gen(function* () {
  yield* turns(5)
  globalThis.gc?.()
  yield* turns(5)
  globalThis.gc?.()
  const own = yield* Effect.withFiberRuntime<object>((fiber) => Effect.succeed(fiber))
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().filter((kind) => /TCP|Pipe/.test(kind)).length,
    fibers: v8.queryObjects(own.constructor),
    heapBytes: process.memoryUsage().heapUsed,
    residentBytes: process.memoryUsage.rss(),
  }
})
