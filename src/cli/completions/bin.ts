import * as fs from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { historyPath } from "../console/historyPath.ts"
import { filePlaces, stateOf } from "../defaults/places.ts"
import { answer, shells } from "./answer.ts"
import { complete } from "./complete.ts"
import { knownIn } from "./known.ts"
import type { CompletionTable } from "./Table.ts"
import { wordsOfLine } from "./wordsOfLine.ts"

// The program behind the scripts: `tcpfx __complete SHELL WORDS…`, where the last word is the one before the cursor.
// bash passes its whole line instead of words, because it splits words at other characters. bin/tcpfx.cjs starts this
// bundle, which has no Effect, because a shell waits for it at each Tab.

const folder = __dirname

const run = ([name = "", ...given]: ReadonlyArray<string>): void => {
  const shell = shells.find((known) => known === name)
  if (shell === undefined) return
  const table: CompletionTable = JSON.parse(fs.readFileSync(join(folder, "completions.json"), "utf8"))
  const words = shell === "bash" ? wordsOfLine(given[0] ?? "").slice(1) : given
  const named = { config: undefined, project: undefined }
  const files = filePlaces(named, process.env).flatMap((place) => (stateOf(place) === "file" ? [place.path] : []))
  const parseYaml = (text: string): unknown => {
    const yaml: typeof import("yaml") = createRequire(join(folder, "complete.cjs"))("./yaml.cjs")
    return yaml.parse(text, { schema: "failsafe", maxAliasCount: 0 })
  }
  const known = knownIn({ files, history: historyPath(process.env, undefined), parseYaml })
  fs.writeSync(1, answer(shell, words.at(-1) ?? "", complete(words, table, known)))
}

run(process.argv.slice(3))
