import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Assistant from "../domain/assistant/index.ts"
import { errorCode } from "../domain/errorCode.ts"
import { compileRegex } from "./internal/linearRegex.ts"
import { emptyProject, type Project } from "./project/Project.ts"
import { type ReadProject, readText, type Yaml } from "./project/readText.ts"
import { newDocument, writeText } from "./project/writeText.ts"

export { emptyProject, type Project, type ProjectRepeat } from "./project/Project.ts"

/** The name of the project file, in the folder in which the program was started. */
export const projectFileName = "tcpfx.yaml"

// A project is written by hand; a longer file is something else.
const mostBytes = 4 * 1024 * 1024

const loadYaml: Effect.Effect<Yaml, Assistant.Refusal> = Effect.tryPromise({
  try: () => import("yaml"),
  catch: (error) =>
    fileRefusal(`the reader of YAML cannot be loaded: ${error instanceof Error ? error.message : error}`),
})

const fileRefusal = (message: string, code?: string): Assistant.Refusal =>
  new Assistant.Refusal({ reason: "file", message, field: "project", ...(code === undefined ? {} : { code }) })

const codes: Readonly<Record<string, string>> = {
  AlreadyExists: "EEXIST",
  Busy: "EBUSY",
  NotFound: "ENOENT",
  PermissionDenied: "EACCES",
}

const codeOf = (error: PlatformError): string | undefined =>
  errorCode(error.cause, "") || (error._tag === "SystemError" ? codes[error.reason] : undefined)

const refusedFile = (doing: string, path: string) => (error: PlatformError) => {
  const code = codeOf(error)
  const why =
    code === "ENOENT" ? "there is no such file or folder" : code === "EACCES" ? "permission denied" : error.message
  return fileRefusal(`${path} cannot be ${doing}: ${why}`, code)
}

/**
 * Reads a project from text. Refused with the reason `syntax`: the message has the line, the column, the source line and a
 * caret for each thing that is wrong.
 *
 * @example
 * import { Effect } from "effect"
 * import { parseProject } from "tcpfx/assistant"
 *
 * const project = await Effect.runPromise(parseProject("macros:\n  - name: read\n    send: { hex: 01 03, checksum: modbus }\n"))
 * assert.equal(project.macros[0]?.payload.content, "01 03")
 */
export const parseProject = (text: string, name: string = projectFileName): Effect.Effect<Project, Assistant.Refusal> =>
  Effect.flatMap(loadYaml, (yaml) => Effect.map(readChecked(yaml, text, name), ({ project }) => project))

/** Reads a project and compiles the expressions of its rules. */
const readChecked = (yaml: Yaml, text: string, name: string): Effect.Effect<ReadProject, Assistant.Refusal> =>
  Effect.gen(function* () {
    const read = yield* readText(yaml, text, name)
    const faults = yield* Effect.forEach(read.project.rules, ({ match }, index) =>
      match._tag === "Regex"
        ? compileRegex(match.source, { field: "match", ignoreCase: match.ignoreCase }).pipe(
            Effect.as([]),
            Effect.catchAll(({ message }) => Effect.succeed([{ path: ["rules", index, "when", "regex"], message }])),
          )
        : Effect.succeed([]),
    )
    return faults.flat().length === 0 ? read : yield* read.refuse(faults.flat())
  })

/**
 * Writes a project as text. `before` is the text of the file until now: what did not change stands as it was, with its
 * comments. Refused with the reason `syntax` if that text is no project, so that no file is overwritten that a person has
 * not finished.
 */
export const formatProject = (
  project: Project,
  before: string = "",
  name: string = projectFileName,
): Effect.Effect<string, Assistant.Refusal> =>
  Effect.flatMap(loadYaml, (yaml) => {
    const read: Effect.Effect<Pick<ReadProject, "document" | "project">, Assistant.Refusal> = before.trim() === ""
      ? Effect.succeed({ project: emptyProject, document: newDocument(yaml) })
      : readText(yaml, before, name)
    return Effect.flatMap(read, (old) => {
      const text = writeText(yaml, old, project) ?? before
      // A value that the file cannot hold must not become a file that nobody can read.
      return Effect.as(readChecked(yaml, text, name), text)
    })
  })

/**
 * Reads the text of a project file. Refused with the reason `file`, with the code `ENOENT` where there is no file.
 */
export const readProjectText = (path: string): Effect.Effect<string, Assistant.Refusal, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const refused = Effect.mapError(refusedFile("read", path))
    const { size, type } = yield* refused(fs.stat(path))
    if (type !== "File") return yield* fileRefusal(`${path} cannot be read: it is no ordinary file`)
    if (size > mostBytes) return yield* fileRefusal(`${path} cannot be read: it has more than 4 MiB`)
    const bytes = yield* refused(fs.readFile(path))
    return yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => fileRefusal(`${path} cannot be read: it is not UTF-8`),
    })
  })

/** Reads a project file. Refused with the reason `file` or `syntax`. */
export const readProject = (path: string): Effect.Effect<Project, Assistant.Refusal, FileSystem.FileSystem> =>
  Effect.flatMap(readProjectText(path), (text) => parseProject(text, path))

/**
 * Writes a project file, with the comments of the file that is there. The new text is written beside the file and then
 * takes its name, so that a reader finds the old file or the new one and never half of one. Refused with the reason `file`,
 * or `syntax` where the file that is there is no project.
 */
export const writeProject = (
  path: string,
  project: Project,
): Effect.Effect<void, Assistant.Refusal, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const refused = Effect.mapError(refusedFile("written", path))
    const before = yield* readProjectText(path).pipe(
      Effect.asSome,
      Effect.catchIf(
        ({ code }) => code === "ENOENT",
        () => Effect.succeedNone,
      ),
    )
    const text = yield* formatProject(
      project,
      Option.getOrElse(before, () => ""),
      path,
    )
    if (Option.contains(before, text)) return
    // A link stays a link; the file that it leads to is replaced.
    const target = Option.isSome(before) ? yield* refused(fs.realPath(path)) : path
    const mode = Option.isSome(before) ? (yield* refused(fs.stat(target))).mode & 0o777 : 0o666
    const suffix = yield* Random.nextIntBetween(0, 2 ** 32)
    const beside = `${target}.${suffix.toString(16)}.tmp`
    const written = Effect.scoped(
      Effect.gen(function* () {
        const file = yield* fs.open(beside, { flag: "wx", mode })
        yield* file.writeAll(new TextEncoder().encode(text))
        // The name must not lead to the new file before its bytes are on the disk.
        yield* file.sync
      }),
    )
    yield* refused(Effect.zipRight(written, fs.rename(beside, target))).pipe(
      Effect.onError(() => Effect.ignore(fs.remove(beside, { force: true }))),
    )
  })
