import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import { type Folders, findProgram } from "./contenders.ts"
import type { Generator } from "./load.ts"
import { BadOptions } from "./options.ts"

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

const bundle = (entryPoints: ReadonlyArray<string>, outdir: string) =>
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

/** Builds the generator in C where there is a compiler, unless the other is asked for. */
export const makeGenerator = (folders: Folders, asked: "C" | "Node" | "any", compilers = compilersIn(process.env)) =>
  Effect.gen(function* () {
    const compiled = asked === "Node" ? { problem: "it was asked for" } : compile(folders, compilers)
    if ("generator" in compiled) return compiled.generator
    if (asked === "C") return yield* new BadOptions({ message: `--generator C: ${compiled.problem}` })
    const source = join(folders.project, "bench", "load", "fallback", "main.ts")
    const outdir = join(folders.temporary, "load")
    yield* bundle([source], outdir)
    const generator: Generator = {
      kind: "Node",
      description: `in Node ${process.versions.node} (${compiled.problem})`,
      command: process.execPath,
      args: [join(outdir, "main.mjs")],
    }
    return generator
  })

/** The commands that compile C, those first that are asked for. */
export const compilersIn = (
  environment: Readonly<Record<string, string | undefined>>,
  find: (program: string) => string | undefined = findProgram,
): ReadonlyArray<readonly [path: string, ...args: ReadonlyArray<string>]> => {
  // CC may have arguments, as make(1) lets it.
  const asked = (environment["CC"] ?? "").split(/\s+/).filter((word) => word !== "")
  return [asked, ["cc"], ["gcc"], ["clang"]].flatMap(([program, ...args]) => {
    const path = program === undefined ? undefined : find(program)
    return path === undefined ? [] : [[path, ...args] as const]
  })
}

const compile = (
  { project, temporary }: Folders,
  compilers: ReturnType<typeof compilersIn>,
): { readonly generator: Generator } | { readonly problem: string } => {
  if (compilers.length === 0) return { problem: "there is no C compiler (CC, cc, gcc, clang)" }
  const folder = join(project, "bench", "load")
  const sources = readdirSync(folder).filter((name) => name.endsWith(".c"))
  const output = join(temporary, "load-c")
  const flags = ["-O2", "-Wall", "-pthread", "-o", output, ...sources.map((name) => join(folder, name)), "-lm"]
  for (const [compiler, ...args] of compilers) {
    // Not every compiler knows the machine that it runs on.
    for (const machine of [["-march=native"], []]) {
      const { status } = spawnSync(compiler, [...args, ...machine, ...flags], { encoding: "utf8", timeout: 60_000 })
      if (status !== 0) continue
      const told = spawnSync(compiler, [...args, "--version"], { encoding: "utf8", timeout: 5000 })
      const version = told.stdout.split("\n")[0] ?? ""
      return { generator: { kind: "C", description: `in C, built with ${version}`, command: output, args: [] } }
    }
  }
  return { problem: "no C compiler here can build the load generator" }
}
