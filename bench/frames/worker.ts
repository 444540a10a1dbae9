// Measures one framing in an isolate of its own, so that V8 compiles the shared code for this framing alone.
import { parentPort, workerData } from "node:worker_threads"
import * as Either from "effect/Either"
import { Framing } from "tcpfx/domain"
import { framesPerSecond, type Work } from "./measure.ts"

/** What a worker measures. */
export interface Task {
  readonly framing: string
  readonly work: Work
  readonly millis: number
}

/** Measures in this worker, and posts the number of frames for each second. */
export const runTask = (): void => {
  const { framing, millis, work } = workerData as Task
  const found = Either.getOrThrow(Framing.parse(framing))
  // The first part is for V8 to compile the code.
  framesPerSecond(found, work, millis / 2)
  parentPort?.postMessage(framesPerSecond(found, work, millis))
}
