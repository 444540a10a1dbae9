import * as Effect from "effect/Effect"
import {
  type AccessRules,
  type AddressRange,
  type AddressRanges,
  AddressSet,
  AddressSetBuilder,
  parseAddressRanges,
  readAddressFile,
} from "../../domain/index.ts"
import { inSlices } from "../../runtime/inSlices.ts"
import { proxyProtocols, type Server, type ServerSettings } from "../../server/index.ts"
import { readBytes } from "../files/files.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { anyText, oneOf, value, values } from "./flag.ts"

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

const readFile = (flag: string, path: string, builder: AddressSetBuilder) =>
  Effect.gen(function* () {
    const content = yield* readBytes(flag, path)
    const read = yield* inSlices(() => readAddressFile(content, builder))
    yield* Effect.mapError(read, (error) => usageError(`--${flag}: ${path}: ${error.message}`))
  })

/** The ranges of a flag and of its files, compiled. A file may have a million lines: the event loop goes on meanwhile. */
const gather = (
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

/** The rules of the environment, which count where no flag gives any. */
export type AccessFallback = Pick<ServerSettings, "allow" | "deny">

/** The rules that the flags and their files give now; where there are none, those of the environment. */
export const accessRules = (
  options: AccessOptions,
  fallback: AccessFallback,
): Effect.Effect<AccessRules, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const allow = yield* gather("allow-file", options.allow, options.allowFile, fallback.allow)
    const deny = yield* gather("deny-file", options.deny, options.denyFile, fallback.deny)
    return allow.size === 0 && options.allowFile.length > 0
      ? yield* usageError(`--allow-file: ${options.allowFile.join(", ")} names nobody, so nobody could connect`)
      : { allow, deny }
  })

const isEmpty = (ranges: AddressRanges): boolean => (ranges instanceof AddressSet ? ranges.size : ranges.length) === 0

/** A server that believes whatever header it is sent would let everybody be anybody. */
export const checkProxies = ({ proxyFrom, proxyProtocol }: ServerSettings): Effect.Effect<void, CommandFailed> => {
  if (proxyProtocol === "require" && isEmpty(proxyFrom)) {
    return usageError("--proxy-protocol require: say with --proxy-from which proxies may connect")
  }
  return proxyProtocol === "off" && !isEmpty(proxyFrom)
    ? usageError("--proxy-from is for --proxy-protocol require; say that too")
    : Effect.void
}

/**
 * Reads the files again. A file that cannot be read leaves the rules as they are: a typing error must neither end the
 * server nor open it.
 */
export const reloadAccess = (
  server: Server["Type"],
  options: AccessOptions,
  fallback: AccessFallback,
): Effect.Effect<void, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const rules = yield* Effect.mapError(accessRules(options, fallback), ({ message }) =>
      usageError(`${message}; the rules of who may connect stay as they were`),
    )
    yield* Effect.mapError(server.reload(rules), ({ message }) => usageError(message))
    yield* tell(`read again who may connect: ${rules.allow.size} allowed, ${rules.deny.size} denied`)
  })
