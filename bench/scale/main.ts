// Recomputes the tables of docs/scale.md from the stored results of the bench.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectFolder } from "../runner/project.ts"
import { readResults } from "../runner/results.ts"
import { Costs } from "./costs.ts"
import { withTables } from "./tables.ts"

const project = projectFolder(fileURLToPath(new URL(".", import.meta.url)))
const results = readResults(join(project, "bench", "results"))
if (results === undefined) throw new Error("bench/results/results.json has no results; run `npm run bench` first")
const page = join(project, "docs", "scale.md")
writeFileSync(page, withTables(readFileSync(page, "utf8"), new Costs(results)))
