import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Assistant from "../domain/assistant/index.ts"
import { errorCode } from "../domain/errorCode.ts"
import { compileRegex } from "./internal/linearRegex.ts"
import { emptyProject, type Project, projectFileName } from "./project/Project.ts"
import { type ReadProject, readText, type Yaml } from "./project/readText.ts"
import { newDocument, writeText } from "./project/writeText.ts"

export { emptyProject, type Project, type ProjectRepeat, projectFileName } from "./project/Project.ts"

// A project is written by hand, so a larger file is not a project.
const mostBytes = 4 * 1024 * 1024

const loadYaml: Effect.Effect<Yaml, Assistant.Refusal> = Effect.tryPromise({
  try: () => import("yaml"),
  catch: (error) => fileRefusal(`the YAML library cannot be loaded: ${error instanceof Error ? error.message : error}`),
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
 * Parses a project. Fails with the reason `syntax`; the message has the line, the column, the source line and a caret
 * for each error.
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

/** Parses a project and compiles the regular expressions of its rules. */
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
 * Writes a project as text. `before` is the current text of the file; unchanged items keep their form and their
 * comments. Fails with the reason `syntax` if `before` is not a valid project, so that the program does not overwrite
 * an unfinished file.
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
      // The new text is parsed again, so that a value that the file format cannot represent is never written to the
      // file.
      return Effect.as(readChecked(yaml, text, name), text)
    })
  })

/**
 * Reads the text of a project file. Fails with the reason `file`; the code is `ENOENT` if the file does not exist.
 */
export const readProjectText = (path: string): Effect.Effect<string, Assistant.Refusal, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const refused = Effect.mapError(refusedFile("read", path))
    const { size, type } = yield* refused(fs.stat(path))
    if (type !== "File") return yield* fileRefusal(`${path} cannot be read: it is not a regular file`)
    if (size > mostBytes) return yield* fileRefusal(`${path} cannot be read: it has more than 4 MiB`)
    const bytes = yield* refused(fs.readFile(path))
    return yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => fileRefusal(`${path} cannot be read: it is not UTF-8`),
    })
  })

/** Reads a project file. Fails with the reason `file` or `syntax`. */
export const readProject = (path: string): Effect.Effect<Project, Assistant.Refusal, FileSystem.FileSystem> =>
  Effect.flatMap(readProjectText(path), (text) => parseProject(text, path))

/**
 * Writes a project file and keeps the comments of the existing file. The new text is written to a temporary file, which
 * then replaces the old file, so a reader never sees half a file. Fails with the reason `file`, or with `syntax` if the
 * existing file is not a valid project.
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
    // If the path is a symbolic link, the rename replaces its target, and the link stays.
    const target = Option.isSome(before) ? yield* refused(fs.realPath(path)) : path
    const mode = Option.isSome(before) ? (yield* refused(fs.stat(target))).mode & 0o777 : 0o666
    const suffix = yield* Random.nextIntBetween(0, 2 ** 32)
    const beside = `${target}.${suffix.toString(16)}.tmp`
    const written = Effect.scoped(
      Effect.gen(function* () {
        const file = yield* fs.open(beside, { flag: "wx", mode })
        yield* file.writeAll(new TextEncoder().encode(text))
        // The bytes of the new file must be on disk before the rename.
        yield* file.sync
      }),
    )
    yield* refused(Effect.zipRight(written, fs.rename(beside, target))).pipe(
      Effect.onError(() => Effect.ignore(fs.remove(beside, { force: true }))),
    )
  })
