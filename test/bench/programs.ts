import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { build } from "esbuild"
import { start } from "../support/tcpfxProcess.ts"

const bench = fileURLToPath(new URL("../../bench/", import.meta.url))
const cSources = join(bench, "load")

/** A program as it is started: arguments come behind. */
interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
}

const whyNoCompiler = (): string | undefined => {
  if (!existsSync(join(cSources, "main.c"))) return "there is no load generator in C"
  if (process.platform !== "linux") return "the load generator in C is for Linux"
  return spawnSync("cc", ["--version"], { stdio: "ignore" }).status === 0 ? undefined : "there is no C compiler"
}

const missing = whyNoCompiler()
if (missing !== undefined) process.stdout.write(`tests skipped: ${missing}\n`)

export const generators = [
  { language: "Node", isHere: true },
  { language: "C", isHere: missing === undefined },
] as const
export type Language = (typeof generators)[number]["language"]

const bundle = async (folder: string, source: string): Promise<Program> => {
  const outfile = join(folder, `${source.replaceAll("/", "-")}.mjs`)
  await build({
    entryPoints: [join(bench, source)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  })
  return { command: process.execPath, args: [outfile] }
}

const compile = (folder: string): Program => {
  const command = join(folder, "load")
  const sources = readdirSync(cSources).filter((name) => name.endsWith(".c"))
  const { status, stderr } = spawnSync(
    "cc",
    ["-O2", "-pthread", "-o", command, ...sources.map((name) => join(cSources, name))],
    {
      encoding: "utf8",
    },
  )
  if (status !== 0) throw new Error(`cc: ${stderr}`)
  return { command, args: [] }
}

/** The programs of the bench that are tried here, built into a folder of their own. */
export class Programs extends Context.Tag("tcpfx/test/Programs")<
  Programs,
  Readonly<Record<"faulty" | "rawChunks", Program>> & { readonly load: Readonly<Partial<Record<Language, Program>>> }
>() {
  static readonly layer = Layer.scoped(
    Programs,
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-load-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
      )
      const [faulty, rawChunks, node] = yield* Effect.promise(() =>
        Promise.all([
          bundle(folder, "servers/faulty.ts"),
          bundle(folder, "servers/rawChunks.ts"),
          bundle(folder, "load/fallback/main.ts"),
        ]),
      )
      return { faulty, rawChunks, load: missing === undefined ? { Node: node, C: compile(folder) } : { Node: node } }
    }),
  )
}

/** Starts one of the servers, and waits until it listens. */
export const startServer = Effect.fnUntraced(function* (name: "faulty" | "rawChunks", args: ReadonlyArray<string>) {
  const program = (yield* Programs)[name]
  const server = yield* start(program.command, [...program.args, ...args])
  const ready = yield* server.waitFor("stdout", /^listening (\d+)$/m)
  return { server, port: Number(ready[1]) }
})

export type LoadArguments = Readonly<Record<string, string | number>>

/** Starts a load generator. */
export const startLoad = Effect.fnUntraced(function* (language: Language, work: string, load: LoadArguments) {
  const program = (yield* Programs).load[language]
  if (program === undefined) return yield* Effect.dieMessage(`there is no load generator in ${language}`)
  const args = Object.entries(load).map(([key, value]) => `${key}=${value}`)
  return yield* start(program.command, [...program.args, work, ...args])
})
