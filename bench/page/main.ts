// Measures the page in real Chromium. See bench/README.md.
import { readFileSync, writeFileSync } from "node:fs"
import { loadavg } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { busyPage, type Extent, type Figure, firstPaint, longLog, relayBesidePage, stoppedBrowser } from "./measures.ts"

const usage = `Usage: npm run bench:page -- [OPTIONS]

  --only ID[,ID...]  measures only these (busy, relay, rows, stopped, paint); writes no results without --update
  --update           replaces the measured figures in the stored results
  --quick            measures briefly; the figures mean nothing, and the bench writes no results
  --help             prints this help
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

const lineOf = ({ what, floor, value, holds, note }: Figure): string =>
  `| ${what} | ${floor} | ${value} | ${holds ? "yes" : "**no**"} | ${note} |`

const table = (figures: ReadonlyArray<Figure>): string =>
  ["| figure | floor | measured | met | notes |", "|---|---|---|---|---|", ...figures.map(lineOf)].join("\n")

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean" },
    update: { type: "boolean" },
    help: { type: "boolean" },
  },
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

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
const results = join(project, "bench", "results", "page.md")

if (values.update === true && values.quick !== true) {
  const again = readFileSync(results, "utf8")
    .split("\n")
    .map((line) => {
      const figure = figures.find(({ what }) => line.startsWith(`| ${what} |`))
      return figure === undefined ? line : lineOf(figure)
    })
  writeFileSync(results, again.join("\n"))
} else if (values.quick !== true && values.only === undefined) {
  const { cpu, cores, memoryGiB, system, node } = describeMachine()
  writeFileSync(
    results,
    `# The page

${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; commit ${commitOf(project) ?? "unknown"}. Chromium, the
command and the load generator share these cores. The load average of the machine was ${loads.map((load) => load.toFixed(1)).join(" before and ")} after.
\`npm run bench:page\` measures again.

${table(figures)}
`,
  )
}
