import type { FlagShape } from "./flag.ts"

/** The content of the help of one command. */
export interface CommandHelp {
  readonly usage: string
  readonly summary: string
  readonly flags: ReadonlyArray<FlagShape>
  readonly examples: ReadonlyArray<readonly [command: string, meaning: string]>
  readonly notes?: ReadonlyArray<string>
}

const indent = "  "
const width = 30

const flagRow = (flag: FlagShape): string => {
  const short = flag.alias === undefined ? "    " : `-${flag.alias}, `
  const head = `${indent}${short}--${flag.name}${flag.takesValue ? ` ${flag.placeholder}` : ""}`
  const also = flag.synonyms.map((name) => ` (--${name})`).join("")
  const lines = wrap(`${flag.help}${also}`, 110 - width)
  const first = head.length < width ? [head.padEnd(width) + (lines.shift() ?? "")] : [head]
  return [...first, ...lines.map((line) => " ".repeat(width) + line)].join("\n")
}

const wrap = (text: string, columns: number): Array<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const rows = (pairs: ReadonlyArray<readonly [string, string]>): string => {
  const left = Math.max(...pairs.map(([first]) => first.length))
  return pairs.map(([first, second]) => `${indent}${first.padEnd(left)}  ${second}`).join("\n")
}

const section = (title: string, body: string): string => `${title}\n${body}\n`

/** The help of one command. */
export const commandHelp = (help: CommandHelp): string =>
  [
    `${help.summary}\n`,
    section("Usage", `${indent}${help.usage}`),
    section("Options", help.flags.map(flagRow).join("\n")),
    section("Examples", rows(help.examples)),
    ...(help.notes ?? []).map((note) => `${note}\n`),
  ].join("\n")

/** The help of the program. */
export const programHelp = (
  version: string,
  summary: string,
  commands: Readonly<Record<string, CommandHelp>>,
): string =>
  [
    `tcpfx ${version}: ${summary}\n`,
    section("Commands", rows(Object.entries(commands).map(([name, help]) => [name, help.summary] as const))),
    section("Examples", rows(Object.values(commands).flatMap((help) => help.examples.slice(0, 2)))),
    "tcpfx COMMAND --help prints the options of a command. Other options: --version, --completions sh|bash|fish|zsh.\n",
  ].join("\n")
