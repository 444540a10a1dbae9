import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { renderChart } from "./chart.ts"
import { parseJson, type Report, renderJson } from "./report.ts"
import { renderMarkdown } from "./table.ts"

const renderers: Readonly<Record<string, (report: Report) => string>> = {
  "results.json": renderJson,
  "results.md": renderMarkdown,
  "results.svg": renderChart,
}

const partial = (path: string): string => `${path}.partial`

/** Writes what there is so far beside the results, which stay as they are. Gives where it is. */
export const writePartial = (folder: string, report: Report): string => {
  mkdirSync(folder, { recursive: true })
  for (const [name, render] of Object.entries(renderers)) {
    writeFileSync(partial(join(folder, name)), render(report))
  }
  return join(folder, partial("results.*"))
}

/** Replaces the results. None of them is touched before all of the new ones are on disk. */
export const replaceResults = (folder: string, report: Report): void => {
  writePartial(folder, report)
  for (const name of Object.keys(renderers)) renameSync(partial(join(folder, name)), join(folder, name))
}

/** None where there are none, or something else. */
export const readResults = (folder: string): Report | undefined => {
  const path = join(folder, "results.json")
  return existsSync(path) ? parseJson(readFileSync(path, "utf8")) : undefined
}
