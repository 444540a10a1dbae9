import * as Either from "effect/Either"
import { parseEndpoint, parseListenEndpointWords } from "../../domain/index.ts"
import type { FlagShape } from "../flags/flag.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { endpointKey } from "./Default.ts"

/** The commands whose flags can have defaults in files and variables. */
export const sectionNames = ["serve", "connect", "ui"] as const
/** The name of a section of a file, which is the name of a command. */
export type SectionName = (typeof sectionNames)[number]

/** Whether a word is a {@link SectionName}. */
export const isSectionName = (word: string): word is SectionName => sectionNames.some((name) => name === word)

// These flags decide which files are read, or which part of the program is loaded before a file is read.
const onlyOnCommandLine = ["config", "project", "ui"]

const endpointShape = (section: SectionName): FlagShape => {
  const parse = (text: string): Either.Either<unknown, { readonly message: string }> =>
    section === "serve" ? parseListenEndpointWords([text]) : parseEndpoint(text)
  return {
    name: endpointKey,
    alias: undefined,
    synonyms: [],
    takesValue: true,
    placeholder: "ENDPOINT",
    repeats: section === "serve",
    isBuiltIn: false,
    help: "",
    problemOf: (text) => Either.match(parse(text), { onLeft: ({ message }) => message, onRight: () => undefined }),
  }
}

/**
 * The flags of a command that can have defaults. The arguments of `serve` and `connect` count as one more flag,
 * `endpoint`.
 */
export const settable = (section: SectionName, commands: CommandShapes): ReadonlyArray<FlagShape> => [
  ...(section === "ui" ? [] : [endpointShape(section)]),
  ...(commands[section] ?? []).filter(({ name }) => !isOnlyOnCommandLine(name)),
]

/** The reason why a flag that exists cannot have a default. */
export const onlyOnCommandLineProblem = "can be given only on the command line"

/** Whether a flag can be given only on the command line. */
export const isOnlyOnCommandLine = (name: string): boolean => onlyOnCommandLine.includes(name)

// A project file comes with a folder, perhaps from a stranger. It must not run programs, become another user, or make
// TLS unsafe.
const unsafe: Readonly<Record<string, string>> = {
  exec: "runs a program",
  "sh-exec": "runs a program",
  user: "changes the user of the process",
  insecure: "accepts every certificate",
  "tls-legacy": "accepts weak ciphers and keys",
  "tls-ciphers": "can make TLS weak",
  "tls-keylog": "writes the secrets of TLS to a file",
}

// These flags let a folder write or send files of the user, or send the user's data to a stranger. They are allowed if
// the user names the project file.
const unsafeUnnamed: Readonly<Record<string, string>> = {
  "output-file": "writes a file",
  "hex-dump": "writes a file",
  log: "writes a file",
  control: "makes a file",
  "tls-keep": "writes a file",
  unixsock: "makes a file",
  proxy: "sends the data through another host",
  otlp: "sends the metrics to another host",
  "tls-ca": "decides which servers are trusted",
  "tls-name": "decides which servers are trusted",
  macro: "can send a file",
  rule: "can send a file",
  rules: "can send a file",
}

const notInProject = "so a project file cannot set it; use the command line or the user file"

const oldVersions: ReadonlyArray<string> = ["1.0", "1.1"]

const unsafeValues: Readonly<Record<string, ReadonlyArray<string>>> = {
  "tls-min": oldVersions,
  "tls-max": oldVersions,
  // The user file may switch TLS on.
  tls: ["no"],
}

/** The reason why a project file must not set a flag to these values. Undefined for most values. */
export const unsafeValueProblem = (name: string, values: ReadonlyArray<string>): string | undefined =>
  values.some((value) => unsafeValues[name]?.includes(value))
    ? `of ${values.join(", ")} is not safe, ${notInProject}`
    : undefined

// A client trusts the CA certificates in its PKCS #12 file.
const unsafeUnnamedClient: Readonly<Record<string, string>> = {
  "tls-cert": "can decide which servers are trusted",
}

/** The reason why a project file must not set a flag of a section. Undefined for most flags. */
export const unsafeProblem = (section: SectionName, name: string, isNamed: boolean): string | undefined => {
  if (Object.hasOwn(unsafe, name)) {
    return `${unsafe[name]}, ${notInProject}`
  }
  const refused = section === "connect" ? { ...unsafeUnnamed, ...unsafeUnnamedClient } : unsafeUnnamed
  return !isNamed && Object.hasOwn(refused, name)
    ? `${refused[name]}, so the file of a folder cannot set it; name the file with --project, or use the command line or the user file`
    : undefined
}
