// The figures of the page against real Chromium. See bench/README.md.
import { writeFileSync } from "node:fs"
import { loadavg } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { busyPage, type Extent, type Figure, firstPaint, longLog, relayBesidePage, stoppedBrowser } from "./measures.ts"

const usage = `usage: npm run bench:page -- [options]

  --only ID[,ID...]  only these (busy, relay, rows, stopped, paint); writes no results
  --quick            short and small; its figures mean nothing, and it writes no results
  --help
`

const measures = {
  busy: busyPage,
  relay: relayBesidePage,
  rows: async (extent: Extent) => [await longLog(extent)],
  stopped: async (extent: Extent) => [await stoppedBrowser(extent)],
  paint: async (extent: Extent) => [await firstPaint(extent)],
}
type Measure = keyof typeof measures

const whole: Extent = {
  busyRuns: 5,
  busyMillis: 5000,
  relayRuns: 5,
  rows: 1_000_000,
  places: 50,
  stoppedMillis: 60_000,
  paints: 7,
}
const quick: Extent = {
  busyRuns: 1,
  busyMillis: 2000,
  relayRuns: 1,
  rows: 50_000,
  places: 5,
  stoppedMillis: 3000,
  paints: 2,
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

const table = (figures: ReadonlyArray<Figure>): string =>
  [
    "| figure | floor | measured | holds | |",
    "|---|---|---|---|---|",
    ...figures.map(
      ({ what, floor, value, holds, note }) =>
        `| ${what} | ${floor} | ${value} | ${holds ? "yes" : "**no**"} | ${note} |`,
    ),
  ].join("\n")

const { values } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean" }, help: { type: "boolean" } },
})
const isMeasure = (name: string): name is Measure => Object.hasOwn(measures, name)
const names = values.only?.split(",") ?? Object.keys(measures)
if (values.help === true || !names.every(isMeasure)) {
  process.stderr.write(usage)
  process.exit(values.help === true ? 0 : 2)
}

const figures: Array<Figure> = []
const loads = [loadavg()[0] ?? 0]
for (const name of names.filter(isMeasure)) {
  say(`${name} …`)
  for (const figure of await measures[name](values.quick === true ? quick : whole)) {
    say(`${figure.what}: ${figure.value} (${figure.note})`)
    figures.push(figure)
  }
}
loads.push(loadavg()[0] ?? 0)
process.stdout.write(`${table(figures)}\n`)

if (values.quick !== true && values.only === undefined) {
  const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
  const { cpu, cores, memoryGiB, system, node } = describeMachine()
  writeFileSync(
    join(project, "bench", "results", "page.md"),
    `# The page

${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; commit ${commitOf(project) ?? "unknown"}. Chromium, the
command and the load share these cores; the load average of the machine was ${loads.map((load) => load.toFixed(1)).join(" before and ")} after.
\`npm run bench:page\` measures it again.

${table(figures)}
`,
  )
}
