import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { bundle } from "../../bench/runner/bundle.ts"
import { compilersIn } from "../../bench/runner/compile.ts"
import { makeGenerator } from "../../bench/runner/load.ts"
import { start } from "../support/tcpfxProcess.ts"

const project = fileURLToPath(new URL("../../", import.meta.url))
const sources = {
  faulty: join(project, "test/bench/faulty.ts"),
  rawChunks: join(project, "bench/servers/rawChunks.ts"),
} as const
type ServerName = keyof typeof sources

const whySkipped = (): string | undefined => {
  if (process.platform !== "linux") return "the load generator runs on Linux only"
  return compilersIn(process.env).length > 0 ? undefined : "the load generator needs a C compiler (CC, cc, gcc, clang)"
}

const reason = whySkipped()
if (reason !== undefined) process.stdout.write(`tests skipped: ${reason}\n`)

/** Whether this machine cannot build the load generator. */
export const isSkipped = reason !== undefined

/** The folder with the bundled servers, and the command of the load generator. Empty where the tests are skipped. */
export class Programs extends Context.Tag("tcpfx/test/Programs")<
  Programs,
  { readonly folder: string; readonly load: string }
>() {
  static readonly layer = Layer.scoped(
    Programs,
    Effect.gen(function* () {
      if (isSkipped) return { folder: "", load: "" }
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-load-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
      )
      // One call for each source: with sources in several folders, esbuild repeats the folders in the output.
      for (const source of Object.values(sources)) yield* bundle([source], folder)
      const { command } = yield* Effect.orDie(makeGenerator({ project, temporary: folder }))
      return { folder, load: command }
    }),
  )
}

/** Starts a server and waits until it listens. */
export const startServer = Effect.fnUntraced(function* (name: ServerName, args: ReadonlyArray<string>) {
  const { folder } = yield* Programs
  const server = yield* start(process.execPath, [join(folder, `${name}.mjs`), ...args])
  const ready = yield* server.waitFor("stdout", /^listening (\d+)$/m)
  return { server, port: Number(ready[1]) }
})

export type LoadArguments = Readonly<Record<string, string | number>>

/** Starts the load generator. */
export const startLoad = Effect.fnUntraced(function* (work: string, load: LoadArguments) {
  const args = Object.entries(load).map(([key, value]) => `${key}=${value}`)
  return yield* start((yield* Programs).load, [work, ...args])
})
