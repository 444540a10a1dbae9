import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import type { Folders } from "./contenders.ts"

/**
 * A folder with the package as it is built now, so that a build meanwhile changes nothing, and beside it what the bench
 * builds itself. Node finds packages there as it does in the project. It goes with the scope.
 */
export const temporaryFolder = (project: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpfx-bench-")))
      const remove = () => rmSync(folder, { recursive: true, force: true })
      // Should this process end without its finalizers.
      process.once("exit", remove)
      return { folder, remove }
    }),
    ({ remove }) =>
      Effect.sync(() => {
        process.off("exit", remove)
        remove()
      }),
  ).pipe(
    Effect.tap(({ folder }) => Effect.sync(() => copyPackage(project, folder))),
    Effect.map(({ folder }) => folder),
  )

const copyPackage = (project: string, folder: string): void => {
  const copy = (...path: ReadonlyArray<string>) =>
    cpSync(join(project, ...path), join(folder, ...path), { recursive: true })
  copy("package.json")
  copy("bin")
  // Not the folders in which scripts are run meanwhile.
  for (const name of readdirSync(join(project, "dist"))) if (!/^(?:run|bench)-/.test(name)) copy("dist", name)
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"), "dir")
}

/** Bundles the servers, so that start-up and memory of each are its own. */
export const bundleServers = ({ project, temporary }: Folders) => {
  const folder = join(project, "bench", "servers")
  const entries = readdirSync(folder).filter((name) => name.endsWith(".ts"))
  return bundle(
    entries.map((name) => join(folder, name)),
    temporary,
  )
}

export const bundle = (entryPoints: ReadonlyArray<string>, outdir: string) =>
  Effect.promise(() =>
    build({
      entryPoints: [...entryPoints],
      outdir,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      logLevel: "warning",
    }),
  )
