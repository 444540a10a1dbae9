import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Report } from "../runner/report.ts"
import { readResults } from "../runner/results.ts"
import { type HubLoad, readHubLoads, readWorkerLoads, type WorkerLoad } from "./hops.ts"

/** The stored results from which the tables are computed. */
export interface Sources {
  readonly report: Report
  readonly hub: ReadonlyArray<HubLoad>
  readonly workers: ReadonlyArray<WorkerLoad>
  /** The memory of the kernel for an idle connection. */
  readonly kernelBytes: number
}

const Kernel = Schema.parseJson(Schema.Struct({ bytes: Schema.Positive }))

/** Reads the results of a folder, such as bench/results. Throws if one of them is missing. */
export const readSources = (folder: string): Sources => {
  const read = (name: string) => readFileSync(join(folder, name), "utf8")
  const report = readResults(folder)
  if (report === undefined) throw new Error(`${folder}/results.json has no results; run \`npm run bench\` first`)
  return {
    report,
    hub: readHubLoads(read("hub-nats.md")),
    workers: readWorkerLoads(read("workers.md")),
    kernelBytes: Either.getOrThrow(Schema.decodeEither(Kernel)(read("kernel.json"))).bytes,
  }
}
