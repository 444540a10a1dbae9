import * as fs from "node:fs"
import { dirname } from "node:path"
import { fileProblem } from "../files/files.ts"
import { cleanText } from "./LineEditor.ts"

// The maximum number of lines in the history.
const mostLines = 1000
// The history does not keep longer lines, such as large pastes. UTF-16 code units.
const mostLength = 10_000

const written = (line: string): string => line.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const readBack = (text: string): string =>
  cleanText(text.replaceAll(/\\(\\|n)/g, (_, escaped: string) => (escaped === "n" ? "\n" : "\\")))

/** The lines of earlier runs, in a file that only the user can read (mode 0600). */
export class History {
  readonly lines: ReadonlyArray<string>
  private readonly path: string
  private isBroken = false

  private constructor(path: string, lines: ReadonlyArray<string>) {
    this.path = path
    this.lines = lines
  }

  /** Reads a history. If the file cannot be read, the history is empty. */
  static open(path: string): History {
    const all = linesOf(path)
    const kept = all.slice(-mostLines)
    const history = new History(path, kept.map(readBack))
    if (all.length > 2 * mostLines) history.write(`${kept.join("\n")}\n`, fs.constants.O_TRUNC)
    return history
  }

  /** Appends a line, unless it is very long. Returns the reason for the first failure, and appends nothing after it. */
  add(line: string): string | undefined {
    const isKept = !this.isBroken && line.length <= mostLength
    return isKept ? this.write(`${written(line)}\n`, fs.constants.O_APPEND) : undefined
  }

  private write(text: string, flag: number): string | undefined {
    try {
      fs.mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
      const flags = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_NONBLOCK | flag
      const file = fs.openSync(this.path, flags, 0o600)
      try {
        fs.writeSync(file, text)
      } finally {
        fs.closeSync(file)
      }
      return undefined
    } catch (error) {
      this.isBroken = true
      const { code = "EIO" } = error as NodeJS.ErrnoException
      return `the history is not kept: ${this.path} cannot be written: ${fileProblem(code)}`
    }
  }
}

/** The lines of a regular file. A pipe or a device is not read, because the read could wait for ever. */
const linesOf = (path: string): ReadonlyArray<string> => {
  try {
    const text = fs.statSync(path).isFile() ? fs.readFileSync(path, "utf8") : ""
    return text.split("\n").filter((line) => line !== "")
  } catch {
    return []
  }
}
