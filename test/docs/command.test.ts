import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { commands, helpTexts } from "../../src/cli/commands/helpTexts.ts"

const page = readFileSync("docs/command.md", "utf8")

/** The flags in a text: long names, their aliases, and single letters. */
const flagsIn = (text: string) => [
  ...new Set([...text.matchAll(/(?<![\w-])(--[a-z][a-z0-9-]*|-[a-zA-Z0-9](?![\w-]))/g)].map(([flag]) => flag)),
]

/** The flags in the help of a command: the head of each row, and the names of ncat after it. */
const offered = (help: string) => {
  const options = help.slice(help.indexOf("\nOptions\n"), help.indexOf("\nExamples\n"))
  const heads = options.split("\n").flatMap((line) => flagsIn(/^ {2}(?:-\w, | {4})--[\w-]+/.exec(line)?.[0] ?? ""))
  const aliases = [...options.matchAll(/\((--ssl[a-z-]*)\)/g)].map(([, name]) => name ?? "")
  return [...heads, ...aliases].sort()
}

/** The flags in the section about a command: those of the first columns of its tables, and of its line about ncat. */
const described = (command: string) => {
  const section = page.split(/^## /m).find((text) => text.startsWith(`\`tcpfx ${command}\``)) ?? ""
  const heads = [...section.matchAll(/^\| ((?:[^|\\]|\\.)*) \|/gm)].flatMap(([, head]) => flagsIn(head ?? ""))
  const aliases = [...section.matchAll(/^`--ssl[\s\S]*?as in ncat\.$/gm)].flatMap(([text]) =>
    flagsIn(text).filter((name) => name.startsWith("--ssl")),
  )
  return [...new Set([...heads, ...aliases])].sort()
}

it.each(Object.keys(commands))("docs/command.md has every flag of tcpfx %s, and no other", (command) => {
  const flags = offered(helpTexts("0")[`${command} --help`] ?? "")
  expect(flags.length).toBeGreaterThan(0)
  expect(described(command)).toEqual(flags)
})

it("docs/command.md names no flag that no command has", () => {
  const known = Object.values(helpTexts("0")).flatMap(flagsIn)
  // The text also names flags of ncat and socat.
  const others = ["-u"]
  expect(flagsIn(page).filter((flag) => !known.includes(flag) && !others.includes(flag))).toEqual([])
})
