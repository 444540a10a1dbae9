import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { compilersIn, explainNoCompiler } from "../../bench/runner/compile.ts"
import { commandLine, findContenders, whetherAsked } from "../../bench/runner/contenders.ts"
import { makeGenerator } from "../../bench/runner/load.ts"
import { projectFolder } from "../../bench/runner/project.ts"
import { rows } from "../../bench/runner/rows.ts"

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
const temporary = mkdtempSync(join(tmpdir(), "tcpfx-contenders-"))
afterAll(() => rmSync(temporary, { recursive: true }))
const contenders = findContenders({ project, temporary })
const idsOf = (id: string, tag: ReturnType<typeof whetherAsked>["_tag"]) => {
  const contender = contenders.find((one) => one.id === id)
  return contender === undefined
    ? []
    : rows.filter((row) => whetherAsked(contender, row)._tag === tag).map((row) => row.id)
}

describe("the contenders", () => {
  it("show the command that starts them, without paths of this machine", () => {
    const commands = contenders.find(({ id }) => id === "cli")?.commands
    expect(commands).toEqual([
      "tcpfx serve 0 --mode broker --half-closed close --frame line --no-traffic",
      "tcpfx serve 0 --mode echo --half-closed close --frame raw --no-traffic",
    ])
    const shown = contenders.find(({ id }) => id === "cli-shown")?.commands
    expect(shown).toEqual(commands?.map((command) => command.replace(" --no-traffic", "")))
    const all = contenders.flatMap((contender) => contender.commands ?? []).join("\n")
    for (const folder of [project, temporary, tmpdir()]) expect(all).not.toContain(folder)
  })

  it("show commands as typed in a shell", () => {
    expect(commandLine("redis-server", ["--save", "", "-l", "pubsub 0 0 0"])).toBe(
      "redis-server --save '' -l 'pubsub 0 0 0'",
    )
  })

  it("name only rows that exist", () => {
    const named = contenders.flatMap(({ only = [] }) => only)
    const known = rows.map(({ id }) => id)
    expect(named.filter((id) => !known.includes(id))).toEqual([])
  })

  it("run a few rows with optional features of a server", () => {
    for (const id of ["library-guarded", "library-observed"]) {
      expect(idsOf(id, "Asked")).toEqual(["fanout-100", "echo-50-1", "churn"])
      expect(idsOf(id, "LeftOut")).toEqual([])
    }
    expect(idsOf("cli-shown", "Asked")).toEqual(["fanout-10", "fanout-100", "everybody-100", "echo-50-1", "echo-50-32"])
  })

  it("give the reason if they are left out of a row of their mode", () => {
    expect(idsOf("effect", "LeftOut")).toEqual([
      "fanout-100",
      "fanout-1000",
      "fanout-10000",
      "fanout-100-16B",
      "fanout-100-4KiB",
      "fanout-100-64KiB",
      "publishers-10",
      "single",
      "everybody-100-flat",
      "stalled",
    ])
    expect(idsOf("effect", "Asked")).toEqual(expect.arrayContaining(["fanout-10", "everybody-100", "latency", "churn"]))
  })
})

describe("the C compiler", () => {
  it("is the compiler in CC with its arguments, before the usual compilers", () => {
    const find = (program: string) => (program === "cc" ? undefined : `/programs/${program}`)
    expect(compilersIn({ CC: " my-gcc  -m64 " }, find)).toEqual([
      ["/programs/my-gcc", "-m64"],
      ["/programs/gcc"],
      ["/programs/clang"],
    ])
    expect(compilersIn({}, () => undefined)).toEqual([])
  })

  it("is reported as missing in one line that names the rows left out", async () => {
    const problem = await Effect.runPromise(Effect.flip(makeGenerator({ project, temporary }, [])))
    expect(explainNoCompiler(problem, ["echo-50-1", "churn"])).toBe(
      "the load generator needs a C compiler, and none is installed (CC, cc, gcc, clang); rows left out: echo-50-1, churn",
    )
  })

  it("is named if it cannot build the load generator", async () => {
    const problem = await Effect.runPromise(Effect.flip(makeGenerator({ project, temporary }, [["/bin/false"]])))
    expect(problem.message).toBe("the load generator needs a C compiler, and /bin/false cannot build it")
  })
})
