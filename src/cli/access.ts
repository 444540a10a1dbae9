import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { type AccessRules, type AddressRange, parseAddressFile, parseAddressRanges } from "../domain/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"
import { anyText, values } from "./flags.ts"

const lists = "LIST: addresses and ranges such as 10.0.0.0/8,::1"

/** The flags that say who may connect. */
export const accessFlags = {
  allow: values("allow", "LIST", parseAddressRanges, {
    help: `Only these may connect; wins over --deny. ${lists}.`,
  }),
  deny: values("deny", "LIST", parseAddressRanges, { help: "These may not connect." }),
  allowFile: values("allow-file", "PATH", anyText, {
    help: "The same from a file; # begins a comment. Read again on SIGHUP; who is connected stays.",
  }),
  denyFile: values("deny-file", "PATH", anyText, { help: "The same for --deny." }),
}

/** What the flags gave. */
export interface AccessOptions {
  readonly allow: ReadonlyArray<ReadonlyArray<AddressRange>>
  readonly deny: ReadonlyArray<ReadonlyArray<AddressRange>>
  readonly allowFile: ReadonlyArray<string>
  readonly denyFile: ReadonlyArray<string>
}

const codeOf = (error: PlatformError): string => (error._tag === "SystemError" ? error.reason : error.message)

const readFile = (flag: string, path: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const content = yield* Effect.mapError(files.readFileString(path), (error) =>
      usageError(`--${flag}: ${path} cannot be read (${codeOf(error)})`),
    )
    return yield* Effect.mapError(parseAddressFile(content), (error) =>
      usageError(`--${flag}: ${path}: ${error.message}`),
    )
  })

const gather = (
  flag: string,
  given: ReadonlyArray<ReadonlyArray<AddressRange>>,
  files: ReadonlyArray<string>,
  fallback: ReadonlyArray<AddressRange>,
) =>
  Effect.map(
    Effect.forEach(files, (path) => readFile(flag, path)),
    (read) => (given.length === 0 && files.length === 0 ? fallback : [...given, ...read].flat()),
  )

/** The rules that the flags and their files give now; where there are none, those of the environment. */
export const accessRules = (
  options: AccessOptions,
  fallback: AccessRules,
): Effect.Effect<AccessRules, CommandFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const allow = yield* gather("allow-file", options.allow, options.allowFile, fallback.allow)
    const deny = yield* gather("deny-file", options.deny, options.denyFile, fallback.deny)
    return allow.length === 0 && options.allowFile.length > 0
      ? yield* usageError(`--allow-file: ${options.allowFile.join(", ")} names nobody, so nobody could connect`)
      : { allow, deny }
  })
