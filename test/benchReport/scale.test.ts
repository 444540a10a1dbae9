import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { parseJson } from "../../bench/runner/report.ts"
import { readResults } from "../../bench/runner/results.ts"
import { bytesOnNetwork, Costs, plan } from "../../bench/scale/costs.ts"
import { withTables } from "../../bench/scale/tables.ts"

const page = readFileSync("docs/scale.md", "utf8")
const results = readResults("bench/results")

it("the tables of docs/scale.md are those of the stored results (npm run scale)", () => {
  expect(results).toBeDefined()
  if (results !== undefined) expect(withTables(page, new Costs(results))).toBe(page)
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
  const costs = new Costs(report)
  expect(costs.perCore("latency")).toBe(200_000)
  expect(costs.memory()).toBe(6_000 + plan.kernelBytes)
  // 0.1 ms for each connection, in 60 % of 5 s.
  expect(costs.connectionsPerProcess()).toBe(30_000)
  expect(costs.find("latency", "cpuNanosPerUnit", "library")).toBe(undefined)
  expect(() => costs.get("churn", "cpuNanosPerUnit")).toThrow("no cpuNanosPerUnit of cli in the row churn")
})

it("a delivery that travels alone has the headers of a packet, and others share them", () => {
  expect(bytesOnNetwork(true)).toBe(154)
  expect(bytesOnNetwork(false)).toBeCloseTo(68, 0)
})
