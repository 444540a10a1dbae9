import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { parseJson } from "../../bench/runner/report.ts"
import { bytesOnNetwork, Costs } from "../../bench/scale/costs.ts"
import { hopMicros, readHubLoads, readWorkerLoads } from "../../bench/scale/hops.ts"
import { readSources } from "../../bench/scale/sources.ts"
import { withTables } from "../../bench/scale/tables.ts"

const page = readFileSync("docs/scale.md", "utf8")
const sources = readSources("bench/results")

it("the tables of docs/scale.md are those of the stored results (npm run scale)", () => {
  expect(withTables(page, new Costs(sources))).toBe(page)
})

it("the costs of the plan follow from the figures of a row", () => {
  const value = (median: number) => ({ median, min: median, max: median })
  const row = (id: string, values: object, load: object = {}) => ({
    row: { id, load },
    contenders: [{ contender: { id: "cli" }, values }],
  })
  const rows = [
    row("latency", { cpuNanosPerUnit: value(5_000) }),
    row("idle", { bytesPerConnection: value(6_000) }),
    row("stop", { stopMillis: value(100) }, { connections: 1_000 }),
  ]
  const report = parseJson(JSON.stringify({ version: 1, contenders: [], rows }))
  if (report === undefined) throw new Error("the report of the test is not valid")
  const costs = new Costs({ ...sources, report })
  expect(costs.perCore("latency")).toBe(200_000)
  expect(costs.memory()).toBe(6_000 + sources.kernelBytes)
  // 0.1 ms for each connection, in 60 % of 5 s.
  expect(costs.connectionsPerProcess()).toBe(30_000)
  expect(costs.find("latency", "cpuNanosPerUnit", "library")).toBe(undefined)
  expect(() => costs.get("churn", "cpuNanosPerUnit")).toThrow("no cpuNanosPerUnit of cli in the row churn")
})

it("a delivery that travels alone has the headers of a packet, and others share them", () => {
  expect(bytesOnNetwork(true)).toBe(154)
  expect(bytesOnNetwork(false)).toBeCloseTo(68, 0)
})

it("the cost of a hop is the difference of two nodes and one hub for a message, and never negative", () => {
  const [one, many] = readHubLoads(`# The hub

## 1 subscriber

| way | rate | CPU of all servers, µs a delivery |
|---|---|---|
| nats-server alone, its own clients | 0.4 | 0.560 (0.5–0.6) |
| two nodes on NATS | 0.4, **below 1** | 1.170 (1.0–1.3) |
| one hub in memory | 0.8 | 0.250 |

## 200 subscribers

| way | rate | CPU of all servers, µs a delivery |
|---|---|---|
| nats-server alone, its own clients | 0.4 | 0.255 |
| two nodes on NATS | 0.4 | 0.039 |
| one hub in memory | 0.8 | 0.044 |
`)
  if (one === undefined || many === undefined) throw new Error("a load is missing")
  expect(one).toEqual({ subscribers: 1, natsAlone: 0.56, twoNodes: 1.17, oneHub: 0.25 })
  expect(hopMicros(one)).toBeCloseTo(0.92)
  expect(hopMicros(many)).toBe(0)
  expect(() => readHubLoads("## 1 subscriber\n\nno table")).toThrow("no row")
})

it("the costs of workers are those of the first table with rows", () => {
  const table = `| work | server | ratio by CPU time | main process, µs of CPU a unit | workers, µs of CPU a unit |
|---|---|---|---|---|
| echo | one process | – | 12.10 (1–2) | 0.00 |
| echo | 1 worker | 0.88 | 1.13 | 13.52 |
| echo | 2 workers | 1.69 (1.54–2.21) | 0.81 | 14.12 |`
  const expected = [{ work: "echo", oneProcess: 12.1, main: 0.81, workers: 14.12, gain: 1.69 }]
  expect(readWorkerLoads(`## Capped\n\n${table}\n\n## Free\n\n`)).toEqual(expected)
  expect(
    readWorkerLoads(`## Capped\n\nThis machine does not let the bench limit CPU time.\n\n## Free\n\n${table}`),
  ).toEqual(expected)
})
