import { readFileSync } from "node:fs"

/** An instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string
  readonly text: string
}

/** The stages of a Dockerfile: each begins with `FROM`. Comments are removed, and continued lines are joined. */
export const readStages = (path: string): ReadonlyArray<ReadonlyArray<Instruction>> => {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
  const stages: Array<Array<Instruction>> = []
  for (const line of lines) {
    const [, name = "", text = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name === "") throw new Error(`not an instruction: ${line}`)
    if (name === "FROM") stages.push([])
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** The texts of the instructions with a name. */
export const textsOf = (stage: ReadonlyArray<Instruction>, name: string): ReadonlyArray<string> =>
  stage.filter((instruction) => instruction.name === name).map(({ text }) => text)

/** The words of an instruction in exec form, which is a JSON array. Throws for the shell form. */
export const execForm = (text: string): ReadonlyArray<string> => {
  const words: unknown = JSON.parse(text)
  if (!Array.isArray(words)) throw new Error(`not in exec form: ${text}`)
  return words.map(String)
}
