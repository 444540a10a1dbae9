// Recomputes the tables of docs/scale.md from the stored results of the bench.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectFolder } from "../runner/project.ts"
import { Costs } from "./costs.ts"
import { readSources } from "./sources.ts"
import { withTables } from "./tables.ts"

const project = projectFolder(fileURLToPath(new URL(".", import.meta.url)))
const page = join(project, "docs", "scale.md")
writeFileSync(page, withTables(readFileSync(page, "utf8"), new Costs(readSources(join(project, "bench", "results")))))
