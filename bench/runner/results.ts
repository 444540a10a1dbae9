import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { renderChart } from "./chart.ts"
import { parseJson, type Report, renderJson } from "./report.ts"
import { renderMarkdown } from "./table.ts"

const renderers: Readonly<Record<string, (report: Report) => string>> = {
  "results.json": renderJson,
  "results.md": renderMarkdown,
  "results.svg": renderChart,
}

const warning = "**Not complete**: the bench that wrote this was still running, or was interrupted.\n\n"

const partial = (path: string): string => `${path}.partial`

/** Makes a folder for results, and why it cannot be written to; none if it can. */
export const refusalOf = (folder: string): string | undefined => {
  const probe = join(folder, ".results.probe")
  try {
    makeFolder(folder)
    writeFileSync(probe, "")
    rmSync(probe)
    return undefined
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error)
  }
}

// One after the other: asked for all at once, Node tries for ever where none can be made (/proc).
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}

/** Writes what there is so far beside the results, which stay as they are. Gives where it is. */
export const writePartial = (folder: string, report: Report): string => {
  writeBeside(folder, report, warning)
  return join(folder, partial("results.*"))
}

/** `preface`: what the text begins with. */
const writeBeside = (folder: string, report: Report, preface: string): void => {
  for (const [name, render] of Object.entries(renderers)) {
    writeFileSync(partial(join(folder, name)), `${name === "results.md" ? preface : ""}${render(report)}`)
  }
}

/** Replaces the results. None of them is touched before all of the new ones are on disk. */
export const replaceResults = (folder: string, report: Report): void => {
  writeBeside(folder, report, "")
  for (const name of Object.keys(renderers)) renameSync(partial(join(folder, name)), join(folder, name))
}

/** None where there are none, or something else. */
export const readResults = (folder: string): Report | undefined => {
  const path = join(folder, "results.json")
  return existsSync(path) ? parseJson(readFileSync(path, "utf8")) : undefined
}
