// Measures one framing in its own isolate of V8, so that V8 compiles the shared code for this framing alone.
import { parentPort, workerData } from "node:worker_threads"
import * as Either from "effect/Either"
import { Framing } from "tcpfx/domain"
import { framesPerSecond, type Work } from "./measure.ts"

/** The task of a worker. */
export interface Task {
  readonly framing: string
  readonly work: Work
  readonly millis: number
}

/** Measures in this worker, and posts the number of frames per second of CPU time. */
export const runTask = (): void => {
  const { framing, millis, work } = workerData as Task
  const found = Either.getOrThrow(Framing.parse(framing))
  // V8 compiles the code during the first measurement, whose result is not used.
  framesPerSecond(found, work, millis / 2)
  parentPort?.postMessage(framesPerSecond(found, work, millis))
}
