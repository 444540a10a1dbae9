import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { describeOrigin } from "../../../src/cli/defaults/Default.ts"
import { sectionNames, settable } from "../../../src/cli/defaults/sections.ts"
import { ownDefaults, ownVariables, sectionDefaults, variableOf } from "../../../src/cli/defaults/variables.ts"
import { commandShapes } from "../../support/commandLine.ts"

const page = readFileSync("docs/command.md", "utf8")

// These variables set nothing that is a flag.
const others = /^TCPFX_(PACE_LIMIT|INBOX|OUTBOX|CLOSE_DEADLINE|HISTORY|NODE_STREAMS|CONFIG|SERVE_|CONNECT_)/

/** The variables in the paragraph about the variables of a command. */
const documented = (command: string): ReadonlyArray<string> => {
  const section = page.split(/^## /m).find((text) => text.startsWith(`\`tcpfx ${command}\``)) ?? ""
  const text = section.split(/^### /m).find((part) => part.startsWith("Variables")) ?? ""
  return [...new Set(text.match(/TCPFX_[A-Z0-9_]+/g) ?? [])].filter((name) => !others.test(name))
}

describe("the variables of a command", () => {
  it.each(["serve", "connect"] as const)("that %s reads itself are those of docs/command.md", (section) => {
    expect([...ownVariables(section).values()].sort()).toEqual([...documented(section)].sort())
  })

  it("each stand for one flag or argument of the command", () => {
    for (const section of sectionNames) {
      const names = settable(section, commandShapes).map(({ name }) => name)
      for (const name of ownVariables(section).keys()) expect(names).toContain(name)
      expect(new Set(names.map((name) => variableOf(section, name))).size).toBe(names.length)
    }
  })

  it("with the name of the command set every flag", () => {
    const environment = {
      TCPFX_SERVE_UNIX_MODE: "0600",
      TCPFX_SERVE_ENDPOINT: "unix:x",
      TCPFX_SERVE_PLAIN: "on",
      TCPFX_CONNECT_PLAIN: "nonsense",
      TCPFX_FRAME: "line",
    }
    const defaults = Either.getOrThrow(sectionDefaults("serve", environment, commandShapes))
    expect(defaults.map(({ name, origin, values }) => [name, values, describeOrigin(origin)])).toEqual([
      ["unix-mode", ["0600"], "TCPFX_SERVE_UNIX_MODE"],
      ["endpoint", ["unix:x"], "TCPFX_SERVE_ENDPOINT"],
      ["plain", ["yes"], "TCPFX_SERVE_PLAIN"],
    ])
    expect(ownDefaults("serve", environment).map(({ name }) => name)).toEqual(["frame"])
    expect(ownDefaults("connect", environment)).toEqual([])
  })
})
