import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import { start } from "./tcpfxProcess.ts"
import { temporaryFolder } from "./transportFixture.ts"

const programs = fileURLToPath(new URL("../faults/programs/", import.meta.url))

/** How a program is started. */
export interface ProgramOptions {
  readonly args?: ReadonlyArray<string>
  /** The flags for Node. */
  readonly flags?: ReadonlyArray<string>
  /** The limit of open files (ulimit(1p)). */
  readonly openFiles?: number
}

/** Starts a program of test/faults/programs. The end of standard input ends the program. */
export const startProgram = (name: string, { args = [], flags = [], openFiles }: ProgramOptions = {}) =>
  Effect.gen(function* () {
    const outfile = join(yield* temporaryFolder, `${name}.mjs`)
    yield* Effect.promise(() =>
      build({
        entryPoints: [join(programs, `${name}.ts`)],
        outfile,
        bundle: true,
        format: "esm",
        platform: "node",
        target: "node20",
        logLevel: "warning",
      }),
    )
    return yield* withOpenFiles(openFiles, [process.execPath, ...flags, outfile, ...args])
  })

/** Starts a command with a limit of open files. */
export const withOpenFiles = (openFiles: number | undefined, [command = "", ...args]: ReadonlyArray<string>) =>
  openFiles === undefined
    ? start(command, args)
    : start("/bin/sh", ["-c", 'ulimit -n "$0" && exec "$@"', `${openFiles}`, command, ...args])
