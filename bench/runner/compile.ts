import { spawnSync } from "node:child_process"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { findProgram } from "./contenders.ts"

/** No installed C compiler can build a program that the bench needs. */
export class NoCompiler extends Data.TaggedError("NoCompiler")<{ readonly message: string }> {}

/** The exit code of a bench that measures nothing because it has no C compiler. */
export const noCompilerCode = 3

/** The line that a bench prints when it has no C compiler. */
export const explainNoCompiler = ({ message }: NoCompiler, rows: ReadonlyArray<string>): string =>
  `${message}; rows left out: ${rows.join(", ")}`

type Compiler = readonly [path: string, ...args: ReadonlyArray<string>]

/** The installed C compilers. The compiler in CC comes first. */
export const compilersIn = (
  environment: Readonly<Record<string, string | undefined>>,
  find: (program: string) => string | undefined = findProgram,
): ReadonlyArray<Compiler> => {
  // CC may contain arguments too, as in make(1).
  const asked = (environment["CC"] ?? "").split(/\s+/).filter((word) => word !== "")
  return [asked, ["cc"], ["gcc"], ["clang"]].flatMap(([program, ...args]) => {
    const path = program === undefined ? undefined : find(program)
    return path === undefined ? [] : [[path, ...args] as const]
  })
}

/** Tries the compilers in order until one compiles the sources. Returns the first line of its version. */
export const compile = (
  name: string,
  sources: ReadonlyArray<string>,
  output: string,
  compilers: ReadonlyArray<Compiler> = compilersIn(process.env),
): Effect.Effect<string, NoCompiler> =>
  Effect.suspend(() => {
    const flags = ["-O2", "-Wall", "-pthread", "-o", output, ...sources, "-lm"]
    for (const [compiler, ...args] of compilers) {
      // Some compilers do not know the processor that they run on.
      for (const machine of [["-march=native"], []]) {
        const { status } = spawnSync(compiler, [...args, ...machine, ...flags], { stdio: "ignore", timeout: 60_000 })
        if (status !== 0) continue
        const { stdout } = spawnSync(compiler, [...args, "--version"], { encoding: "utf8", timeout: 5000 })
        return Effect.succeed(stdout.split("\n")[0] ?? "")
      }
    }
    const problem =
      compilers.length === 0
        ? "and none is installed (CC, cc, gcc, clang)"
        : `and ${compilers.map(([path]) => path).join(", ")} cannot build it`
    return new NoCompiler({ message: `${name} needs a C compiler, ${problem}` })
  })
