import { homedir } from "node:os"
import { dirname, join, resolve } from "node:path"
import * as Either from "effect/Either"
import type { Document, Node } from "yaml"
import { parseYesNo } from "../../domain/index.ts"
import { suggestion } from "../../domain/nearest.ts"
import { choicesOf } from "../flags/choices.ts"
import type { FlagShape } from "../flags/flag.ts"
import type { CommandShapes } from "../flags/habits.ts"
import type { Default } from "./Default.ts"
import {
  isOnlyOnCommandLine,
  isSectionName,
  onlyOnCommandLineProblem,
  type SectionName,
  sectionNames,
  settable,
  unsafeProblem,
  unsafeValueProblem,
} from "./sections.ts"

/** The YAML library, which is loaded only if there is a file. */
export type Yaml = typeof import("yaml")

/** A file of defaults. */
export interface DefaultsFile {
  /** `user`: the user's own file. `project`: the file of a folder, which a stranger may have written. */
  readonly role: "user" | "project"
  readonly path: string
  /** The path as messages show it. */
  readonly shownPath: string
  /**
   * The flag that names the file. The variable `TCPFX_CONFIG` counts as the flag `config`. A named file must exist,
   * unless the command creates it. Undefined if the file is in its usual place, where it may be absent.
   */
  readonly namedBy: "config" | "project" | undefined
}

/** The defaults of one file by the sections of the file. */
export type FileDefaults = Readonly<Record<SectionName, ReadonlyArray<Default>>>

/** A mistake in a file: its offset and its description. */
interface Fault {
  readonly at: number
  readonly message: string
}

/** A key of a map with its offset and its value. */
interface Entry {
  readonly key: string
  readonly at: number
  readonly node: Node | null
}

// The other parts of a project file, which the assistant reads (src/assistant/project).
const partsOfProjects = ["rules", "repeats", "macros"]

// The values of flags that are paths.
const isPath = ({ placeholder }: FlagShape): boolean => /^(PATH|FILE|DIR)\b/.test(placeholder)

/** Reads the defaults in the text of a file. Fails with a line for each mistake, which begins with its place. */
export const parseFileDefaults = (
  yaml: Yaml,
  file: DefaultsFile,
  text: string,
  commands: CommandShapes,
): Either.Either<FileDefaults, ReadonlyArray<string>> => {
  const lines = new yaml.LineCounter()
  // With the schema "failsafe" every scalar is a text: the parser of the flag decides what `0660` and `no` mean.
  const document = yaml.parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false })
  const faults = [...document.errors, ...document.warnings].map(
    ({ code, message, pos }): Fault => ({
      at: pos[0],
      message: code === "MULTIPLE_DOCS" ? "the file has several documents; remove the line ---" : message,
    }),
  )
  yaml.visit(document, {
    Alias: (_, { range }) => {
      faults.push({ at: range?.[0] ?? 0, message: "aliases are not allowed; write the value itself" })
    },
  })
  const found: Record<SectionName, Array<Default>> = { serve: [], connect: [], ui: [] }
  if (faults.length === 0) {
    const reader = new Reader(yaml, file, commands, faults, (at) => lines.linePos(at).line)
    for (const [section, entry] of reader.sections(document)) found[section].push(entry)
  }
  if (faults.length === 0) return Either.right(found)
  const place = ({ at, message }: Fault) => {
    const { col, line } = lines.linePos(at)
    return `${file.shownPath}:${line}:${col}: ${message}`
  }
  return Either.left(faults.sort((a, b) => a.at - b.at).map(place))
}

class Reader {
  private readonly yaml: Yaml
  private readonly file: DefaultsFile
  private readonly commands: CommandShapes
  private readonly faults: Array<Fault>
  private readonly lineOf: (offset: number) => number

  constructor(
    yaml: Yaml,
    file: DefaultsFile,
    commands: CommandShapes,
    faults: Array<Fault>,
    lineOf: (offset: number) => number,
  ) {
    this.yaml = yaml
    this.file = file
    this.commands = commands
    this.faults = faults
    this.lineOf = lineOf
  }

  sections({ contents }: Document): ReadonlyArray<readonly [SectionName, Default]> {
    if (contents === null || isEmpty(this.yaml, contents)) return []
    return this.entries(contents, "the name of a command, such as serve:").flatMap(({ at, key, node }) => {
      if (isSectionName(key)) return this.section(key, node).map((entry) => [key, entry] as const)
      const { role } = this.file
      const known = [...sectionNames, ...(role === "project" ? partsOfProjects : [])]
      if (role === "user" && partsOfProjects.includes(key)) this.fail(at, `${key} belong in a project file`)
      else if (!known.includes(key)) {
        this.fail(at, `"${key}" is not a section; expected ${known.join(", ")}${suggestion(key, known)}`)
      }
      return []
    })
  }

  private section(section: SectionName, contents: Node | null): ReadonlyArray<Default> {
    if (contents === null || isEmpty(this.yaml, contents)) return []
    const flags = settable(section, this.commands)
    return this.entries(contents, "the name of a flag, such as output: json").flatMap(
      ({ at, key, node }): ReadonlyArray<Default> => {
        const flag = flags.find(({ name }) => name === key)
        const problem = flag === undefined ? unknown(section, key, flags) : this.unsafe(section, key)
        if (flag === undefined || problem !== undefined) return this.fail(at, problem ?? "")
        const values = this.values(flag, node, at)
        const unsafeValue = this.file.role === "project" ? unsafeValueProblem(key, values) : undefined
        if (unsafeValue !== undefined) return this.fail(at, `${key} ${unsafeValue}`)
        const { role, shownPath } = this.file
        const origin = { _tag: "File", role, path: shownPath, line: this.lineOf(at) } as const
        return values.length === 0 ? [] : [{ name: key, values, origin }]
      },
    )
  }

  private unsafe(section: SectionName, key: string): string | undefined {
    const isProject = this.file.role === "project"
    const problem = isProject ? unsafeProblem(section, key, this.file.namedBy !== undefined) : undefined
    return problem === undefined ? undefined : `${key} ${problem}`
  }

  private values(flag: FlagShape, node: Node | null, at: number): ReadonlyArray<string> {
    const { yaml } = this
    const places = yaml.isSeq(node) ? node.items : [node]
    if (yaml.isSeq(node) && !flag.repeats)
      return this.fail(offsetOf(node, at), `${flag.name} takes one value, not a list`)
    return places.flatMap((place): ReadonlyArray<string> => {
      const offset = yaml.isNode(place) ? offsetOf(place, at) : at
      if (!yaml.isScalar(place) || typeof place.value !== "string") {
        return place === null
          ? this.fail(at, `${flag.name} has no value`)
          : this.fail(offset, `${flag.name}: a text is expected here`)
      }
      const { value } = place
      if (value === "") return this.fail(offset, `${flag.name} has no value`)
      const problem = flag.problemOf(value)
      if (problem !== undefined) return this.fail(offset, `${flag.name}: ${problem}`)
      return [this.read(flag, value)]
    })
  }

  private read(flag: FlagShape, value: string): string {
    if (!flag.takesValue) return Either.getOrThrow(parseYesNo(value)) ? "yes" : "no"
    // `system` of `--tls-ca` and `fd:3` are no paths.
    if (!isPath(flag) || choicesOf(flag).includes(value) || /^fd:[0-9]+$/.test(value)) return value
    if (value.startsWith("~/")) return join(homedir(), value.slice(2))
    const folder = dirname(resolve(this.file.path))
    return folder === process.cwd() ? value : resolve(folder, value)
  }

  private entries(node: Node, expected: string): ReadonlyArray<Entry> {
    const { yaml } = this
    if (!yaml.isMap(node)) return this.fail(offsetOf(node, 0), `${expected} is expected here`)
    return node.items.flatMap(({ key, value }): ReadonlyArray<Entry> => {
      if (!yaml.isScalar(key) || typeof key.value !== "string") {
        return this.fail(yaml.isNode(key) ? offsetOf(key, 0) : 0, `${expected} is expected here`)
      }
      return [{ key: key.value, at: offsetOf(key, 0), node: yaml.isNode(value) ? value : null }]
    })
  }

  private fail(at: number, message: string): ReadonlyArray<never> {
    this.faults.push({ at, message })
    return []
  }
}

const isEmpty = (yaml: Yaml, node: Node): boolean => yaml.isScalar(node) && node.value === ""

const offsetOf = (node: Node, otherwise: number): number => node.range?.[0] ?? otherwise

const unknown = (section: SectionName, key: string, flags: ReadonlyArray<FlagShape>): string => {
  if (isOnlyOnCommandLine(key)) return `${key} ${onlyOnCommandLineProblem}`
  const named = flags.find(
    ({ alias, name, synonyms }) => alias === key || synonyms.includes(key) || `--${name}` === key,
  )
  return named === undefined
    ? `"${key}" is not a flag of tcpfx ${section}${suggestion(
        key,
        flags.map(({ name }) => name),
      )}`
    : `"${key}" is not a key here; write ${named.name}`
}
