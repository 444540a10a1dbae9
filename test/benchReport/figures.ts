import type { ContenderInfo, Measurement, Row } from "../../bench/runner/model.ts"
import type { Report } from "../../bench/runner/report.ts"
import { type Series, summarize } from "../../bench/runner/summary.ts"

export const raw: ContenderInfo = {
  id: "raw",
  name: "raw loop, chunks",
  version: "1",
  about: "the yardstick",
  ours: false,
}
export const ours: ContenderInfo = { id: "library", name: "tcpfx library", version: "2", about: "ours", ours: true }
export const other: ContenderInfo = { id: "other", name: "a & <b>", version: "3", about: "another", ours: false }

export const row = (id = "fanout-10"): Row => ({
  id,
  title: `fan-out ${id}`,
  work: "fanout",
  mode: "broker",
  load: { subscribers: 10 },
  unit: "deliveries",
  shown: ["perSecond", "cpuNanosPerUnit"],
  floors: [
    { metric: "perSecond", of: "ratio", direction: "atLeast", value: 0.95 },
    { metric: "cpuNanosPerUnit", of: "value", direction: "atMost", value: 20 },
  ],
  files: 20,
})

export const measured = (
  perSecond: number,
  more: Partial<Extract<Measurement, { _tag: "Measured" }>> = {},
): Measurement => ({
  _tag: "Measured",
  metrics: { perSecond, cpuNanosPerUnit: 1e9 / perSecond },
  faults: {},
  generatorCpu: 0.4,
  ...more,
})

export const reportOf = (rows: ReadonlyArray<readonly [Row, ReadonlyArray<Series>]>): Report => ({
  version: 1,
  machine: { cpu: "a CPU", cores: 2, memoryGiB: 8, system: "Linux 6", node: "20" },
  generator: "in C",
  runs: 3,
  seconds: 2,
  quick: false,
  contenders: [raw, ours, other],
  rows: rows.map(([one, series]) => summarize(one, series)),
})
