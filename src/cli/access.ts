import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type AccessRules, type AddressRange, parseAddressFile, parseAddressRanges } from "../domain/index.ts"
import { proxyProtocols, type Server, type ServerSettings } from "../server/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"
import { codeOf } from "./fileErrors.ts"
import { anyText, oneOf, value, values } from "./flags.ts"
import { Stdio } from "./stdio.ts"

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
  proxyProtocol: value("proxy-protocol", "off|require", oneOf(...proxyProtocols), {
    help: "require: each connection begins with a header of the PROXY protocol (1 or 2) that names its client.",
  }),
  proxyFrom: values("proxy-from", "LIST", parseAddressRanges, {
    help: "The proxies that may connect, with --proxy-protocol require; others are closed at once.",
  }),
}

/** What the flags gave. */
export interface AccessOptions {
  readonly allow: ReadonlyArray<ReadonlyArray<AddressRange>>
  readonly deny: ReadonlyArray<ReadonlyArray<AddressRange>>
  readonly allowFile: ReadonlyArray<string>
  readonly denyFile: ReadonlyArray<string>
}

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

/** A server that believes whatever header it is sent would let everybody be anybody. */
export const checkProxies = ({ proxyFrom, proxyProtocol }: ServerSettings): Effect.Effect<void, CommandFailed> => {
  if (proxyProtocol === "require" && proxyFrom.length === 0) {
    return usageError("--proxy-protocol require: say with --proxy-from which proxies may connect")
  }
  return proxyProtocol === "off" && proxyFrom.length > 0
    ? usageError("--proxy-from is for --proxy-protocol require; say that too")
    : Effect.void
}

/**
 * Reads the files again. What cannot be read leaves the rules as they are: a typing error must neither end the server
 * nor open it.
 */
export const reloadAccess = (
  server: Server["Type"],
  options: AccessOptions,
  fallback: AccessRules,
): Effect.Effect<void, never, FileSystem.FileSystem | Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const rules = yield* Effect.either(accessRules(options, fallback))
    if (Either.isLeft(rules)) {
      stdio.say(`tcpfx: ${rules.left.message}; the rules of who may connect stay as they were\n`)
      return
    }
    yield* server.reload(rules.right)
    const { allow, deny } = rules.right
    stdio.say(`tcpfx: read again who may connect: ${allow.length} allowed, ${deny.length} denied\n`)
  })
