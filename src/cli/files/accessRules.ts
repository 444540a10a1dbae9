import * as Effect from "effect/Effect"
import {
  type AccessRules,
  type AddressRange,
  type AddressRanges,
  AddressSet,
  AddressSetBuilder,
  readAddressFile,
} from "../../domain/index.ts"
import { inSlices } from "../../runtime/inSlices.ts"
import type { ServerSettings } from "../../server/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { readBytes } from "./files.ts"

/** The values of the flags of access control. */
export interface AccessOptions {
  readonly allow: ReadonlyArray<ReadonlyArray<AddressRange>>
  readonly deny: ReadonlyArray<ReadonlyArray<AddressRange>>
  readonly allowFile: ReadonlyArray<string>
  readonly denyFile: ReadonlyArray<string>
}

const readFile = (flag: string, path: string, builder: AddressSetBuilder) =>
  Effect.gen(function* () {
    const content = yield* readBytes(flag, path)
    const read = yield* inSlices(() => readAddressFile(content, builder))
    yield* Effect.mapError(read, (error) => usageError(`--${flag}: ${path}: ${error.message}`))
  })

/**
 * Compiles the ranges of a flag and of its files, in slices: a file with a million lines must not stop the event loop.
 */
const compile = (
  flag: string,
  given: ReadonlyArray<ReadonlyArray<AddressRange>>,
  files: ReadonlyArray<string>,
  fallback: AddressRanges,
) =>
  Effect.gen(function* () {
    if (given.length === 0 && files.length === 0) return yield* inSlices(() => AddressSet.compile(fallback))
    const builder = new AddressSetBuilder()
    for (const range of given.flat()) builder.add(range)
    yield* Effect.forEach(files, (path) => readFile(flag, path, builder), { discard: true })
    return yield* inSlices(() => builder.build())
  })

/** The access rules of the environment. Each list applies if no flag sets it. */
export type AccessFallback = Pick<ServerSettings, "allow" | "deny">

/** The access rules of the flags and their files, or else the access rules of the environment. */
export const accessRules = (
  options: AccessOptions,
  fallback: AccessFallback,
): Effect.Effect<AccessRules, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const allow = yield* compile("allow-file", options.allow, options.allowFile, fallback.allow)
    const deny = yield* compile("deny-file", options.deny, options.denyFile, fallback.deny)
    return allow.size === 0 && options.allowFile.length > 0
      ? yield* usageError(`--allow-file: ${options.allowFile.join(", ")} has no address, so no client could connect`)
      : { allow, deny }
  })
