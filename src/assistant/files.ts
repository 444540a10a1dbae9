import { open } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Assistant from "../domain/assistant/index.ts"
import { errorCode } from "../domain/errorCode.ts"

// The maximum size of a payload's file, bytes.
const mostFileBytes = 64 * 1024 * 1024

// The maximum size of a file of certificates, bytes.
const mostPemBytes = 1024 * 1024

const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
}

const failed = (path: string, code: string, field: string): Assistant.Refusal =>
  new Assistant.Refusal({
    reason: "file",
    message: `the file ${JSON.stringify(path)} cannot be read: ${words[code] ?? code}`,
    field,
    code,
  })

const readFile = (path: string, field: string, mostBytes: number): Effect.Effect<Uint8Array, Assistant.Refusal> =>
  Effect.tryPromise({
    try: async () => {
      const file = await open(path, "r")
      try {
        const { size } = await file.stat().then((stat) => {
          if (stat.isFile()) return stat
          throw failed(path, stat.isDirectory() ? "EISDIR" : "it is not a regular file", field)
        })
        if (size > mostBytes) throw failed(path, `it has ${size} bytes, and the limit is ${mostBytes}`, field)
        return new Uint8Array(await file.readFile())
      } finally {
        await file.close()
      }
    },
    catch: (error) =>
      error instanceof Assistant.Refusal ? error : failed(path, errorCode(error, String(error)), field),
  })

/** Reads the file of a payload. Fails if it is not a regular file or has more than 64 MiB. */
export const readPayloadFile = (path: string): Effect.Effect<Uint8Array, Assistant.Refusal> =>
  readFile(path, "content", mostFileBytes)

/** Reads the file of certificates or of a key that the setting `field` names. Fails if it has more than 1 MiB. */
export const readSmallFile = (path: string, field: string): Effect.Effect<Uint8Array, Assistant.Refusal> =>
  readFile(path, field, mostPemBytes)
