// Bundles a TypeScript file of this project with esbuild and runs it: node scripts/run-ts.mjs FILE [ARGUMENT…].
// Packages, including this package, are not bundled.
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"

const [file, ...args] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write("usage: node scripts/run-ts.mjs FILE [ARGUMENT…]\n")
  process.exit(2)
}
// The folder is inside the project, where Node finds the packages.
const folder = mkdtempSync(join(fileURLToPath(new URL("../dist/", import.meta.url)), "run-"))
const outfile = join(folder, "main.mjs")
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
})
process.argv = [process.execPath, file, ...args]
await import(pathToFileURL(outfile).href)
