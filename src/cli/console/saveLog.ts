import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Domain from "../../domain/assistant/index.ts"
import { call, close, fileProblem, open } from "../files/files.ts"

const { O_CREAT, O_EXCL, O_WRONLY } = fs.constants

/** Writes a log to a new file (mode 0600), and returns its length in bytes. Fails if the file exists. */
export const saveLog = (
  log: Stream.Stream<Uint8Array, Domain.Refusal>,
  path: string,
): Effect.Effect<number, Domain.Refusal> => {
  const refused = (code: string) =>
    new Domain.Refusal({ reason: "file", message: `${path} cannot be written: ${problemOf(code)}` })
  return Effect.acquireUseRelease(
    Effect.mapError(open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600), refused),
    (file) =>
      Stream.runFoldEffect(log, 0, (length, bytes) =>
        Effect.as(Effect.mapError(writeAll(file, bytes), refused), length + bytes.length),
      ),
    (file) => Effect.sync(() => close(file)),
  )
}

/** Writes all bytes. One write(2) may take only a part of them. */
const writeAll = (file: number, bytes: Uint8Array): Effect.Effect<void, string> =>
  Effect.flatMap(
    call<number>((done) => fs.write(file, bytes, done)),
    (taken) => (taken < bytes.length ? writeAll(file, bytes.subarray(taken)) : Effect.void),
  )

const problemOf = (code: string): string => {
  if (code === "EEXIST") return "the file exists already; give another name"
  return code === "ENOENT" ? "its folder does not exist" : fileProblem(code)
}
