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

const warning = "**Not complete**: the bench was still running or was interrupted.\n\n"

const partial = (path: string): string => `${path}.partial`

/** Creates a folder for results. Returns the error code if the bench cannot write there. */
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

// Creates one folder at a time: `mkdirSync` with `recursive` never returns if the file system allows no new folder, as /proc.
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}

/** Writes the rows so far beside the results, which stay unchanged. Returns the path. */
export const writePartial = (folder: string, report: Report): string => {
  writeBeside(folder, report, warning)
  return join(folder, partial("results.*"))
}

/** `preface` comes before the Markdown text. */
const writeBeside = (folder: string, report: Report, preface: string): void => {
  for (const [name, render] of Object.entries(renderers)) {
    writeFileSync(partial(join(folder, name)), `${name === "results.md" ? preface : ""}${render(report)}`)
  }
}

/** Replaces the results. The old files stay until all new files are on disk. */
export const replaceResults = (folder: string, report: Report): void => {
  writeBeside(folder, report, "")
  for (const name of Object.keys(renderers)) renameSync(partial(join(folder, name)), join(folder, name))
}

/** Reads the stored results. Returns `undefined` if the folder has no valid results. */
export const readResults = (folder: string): Report | undefined => {
  const path = join(folder, "results.json")
  return existsSync(path) ? parseJson(readFileSync(path, "utf8")) : undefined
}
