import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import type { Folders } from "./contenders.ts"

/**
 * A temporary folder with a copy of the built package, so that a later build does not change what is measured. The bench
 * also builds its own programs there. Node resolves packages as in the project. The end of the scope removes the folder.
 */
export const temporaryFolder = (project: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpfx-bench-")))
      const remove = () => rmSync(folder, { recursive: true, force: true })
      // In case the process exits without running finalizers.
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
  // The folders `run-…` and `bench-…` belong to scripts that run at the same time.
  for (const name of readdirSync(join(project, "dist"))) if (!/^(?:run|bench)-/.test(name)) copy("dist", name)
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"), "dir")
}

/** Bundles each server, so that a server loads only what it uses. */
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
