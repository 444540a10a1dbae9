import { encodingNames } from "../../assistant/encodings.ts"
import { checksumNames } from "../../domain/assistant/checksums.ts"
import { controlVerbs } from "../control/watchQuestions.ts"
import { sectionNames } from "../defaults/sections.ts"
import { choicesOf } from "../flags/choices.ts"
import type { FlagShape } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import type { CommandEntry, CompletionTable, FlagEntry, ValueKind } from "./Table.ts"

const framings: ReadonlyArray<string> = [
  ...["raw", "line", "delim:", "fixed:", "gap:", "netstring", "slip", "cobs", "json"],
  ...["u8", "u16be", "u16le", "u32be", "u32le", "varint"].map((field) => `len:${field}`),
]

// The values of flags whose placeholder is the name of a set of values.
const listed: Readonly<Record<string, ReadonlyArray<string>>> = {
  FRAMING: framings,
  ENCODING: encodingNames,
  CHECKSUM: checksumNames,
}

// The placeholder of these flags, such as NAME, does not tell the kind of value.
const listedByName: Readonly<Record<string, ReadonlyArray<string>>> = {
  encoding: encodingNames,
  checksum: checksumNames,
  "unix-mode": ["0600", "0660", "0666"],
  proxy: ["socks5://", "http://"],
  until: ["quiet:", "bytes:", "text:", "frames:"],
}

const kinds: Readonly<Record<string, ValueKind>> = {
  PATH: "file",
  FILE: "file",
  DIR: "folder",
  ADDRESS: "address",
  HOST: "address",
}

const kindOf = ({ name, placeholder }: FlagShape): ValueKind => {
  if (name === "macro") return "macro"
  const part = placeholder.split(/[|[ ]/).find((word) => Object.hasOwn(kinds, word))
  return part === undefined ? "none" : (kinds[part] ?? "none")
}

const entryOf = (flag: FlagShape): FlagEntry => ({
  name: flag.name,
  alias: flag.alias,
  synonyms: flag.synonyms,
  takesValue: flag.takesValue,
  repeats: flag.repeats,
  help: flag.help,
  choices: listedByName[flag.name] ?? listed[flag.placeholder] ?? choicesOf(flag),
  kind: kindOf(flag),
})

const args: Readonly<Record<string, ValueKind>> = {
  serve: "endpoint",
  connect: "host",
  config: "section",
  ctl: "command",
}
const argChoices: Readonly<Record<string, ReadonlyArray<string>>> = { config: sectionNames, ctl: controlVerbs }

/** The table of the completions, from the help of all commands. */
export const makeTable = (commands: Readonly<Record<string, CommandHelp>>): CompletionTable =>
  Object.fromEntries(
    Object.entries(commands).map(([name, { flags, summary }]): [string, CommandEntry] => [
      name,
      {
        summary,
        flags: flags.map(entryOf),
        args: args[name] ?? "none",
        choices: argChoices[name] ?? [],
      },
    ]),
  )
