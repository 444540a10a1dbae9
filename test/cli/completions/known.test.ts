import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as yaml from "yaml"
import { knownIn } from "../../../src/cli/completions/known.ts"

const world = (project: string, history: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-known-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
    ),
    (folder) => {
      const file = join(folder, "tcpfx.yaml")
      const lines = join(folder, "history")
      writeFileSync(file, project)
      writeFileSync(lines, history)
      return knownIn({
        files: [join(folder, "nothing"), folder, file],
        history: lines,
        parseYaml: (text) => yaml.parse(text, { schema: "failsafe" }),
      })
    },
  )

describe("the names that completions know", () => {
  it.scoped("are the macros of the project, and the endpoints of the files and the history", () =>
    Effect.gen(function* () {
      const known = yield* world(
        "connect: { endpoint: plc-1:502 }\nmacros:\n  - name: hello\n  - name: two words\n",
        "hello\n/connect a:1 tls=yes\n/connect plc-1:502\n/connect b:2\n",
      )
      expect(known("macro").map(({ word }) => word)).toEqual(["hello", "two words"])
      const hosts = known("host").map(({ word }) => word)
      expect(hosts).toEqual(["plc-1:502", "b:2", "a:1", "127.0.0.1", "unix:"])
    }),
  )

  it.scoped("are fewer if a file has mistakes", () =>
    Effect.gen(function* () {
      for (const text of ["macros: [", "macros: {}\n", "- a\n"]) {
        const known = yield* world(text, "")
        expect(known("macro")).toEqual([])
        expect(known("host").map(({ word }) => word)).toEqual(["127.0.0.1", "unix:"])
      }
    }),
  )

  it.scoped("are the addresses of the machine, in brackets where a port can follow", () =>
    Effect.gen(function* () {
      const known = yield* world("", "")
      expect(known("address").map(({ word }) => word)).toContain("127.0.0.1")
      const endpoints = known("endpoint").map(({ word }) => word)
      expect(endpoints).toEqual(expect.arrayContaining(["127.0.0.1", "0.0.0.0", "[::]", "unix:"]))
      for (const word of endpoints.filter((endpoint) => endpoint.includes("::"))) expect(word).toMatch(/^\[.*\]$/)
    }),
  )
})
