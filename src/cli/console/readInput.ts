import * as Either from "effect/Either"
import { type LogFormat, logFormats } from "../../assistant/Assistant.ts"
import type { Assistant } from "../../assistant/index.ts"
import * as Domain from "../../domain/assistant/index.ts"
import { wordsFor } from "./words.ts"

/** The settings that the console applies to each payload. */
export interface ConsoleSettings {
  /** The recipients of typed lines, in their written form. */
  readonly to: string
  /** The line ending of texts; `undefined` if the framing adds one or none. */
  readonly ending: Domain.LineEnding | undefined
  readonly checksum: Domain.ChecksumSpec | undefined
  /** Whether typed lines are bytes in hex. */
  readonly isHex: boolean
}

/** The subject of a list. */
export type Listing = "repeats" | "rules" | "macros" | "stats"

/** The action that an input line requests. */
export type Action =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Do"; readonly command: Domain.Command }
  | { readonly _tag: "List"; readonly what: Listing }
  | { readonly _tag: "Clients"; readonly filter: string }
  | { readonly _tag: "Help"; readonly word: string | undefined }
  | { readonly _tag: "To"; readonly to: string }
  | { readonly _tag: "View"; readonly view: Domain.LogView }
  | { readonly _tag: "Ending"; readonly ending: Domain.LineEnding }
  | { readonly _tag: "Checksum"; readonly checksum: Domain.ChecksumSpec | undefined }
  | { readonly _tag: "Filter"; readonly filter: Domain.WrittenFilter | undefined }
  | { readonly _tag: "Save"; readonly format: LogFormat; readonly path: string }
  | { readonly _tag: "Again" }

type Read = Either.Either<Action, Domain.Refusal>

const refused = (message: string, advice?: string): Read =>
  Either.left(new Domain.Refusal({ reason: "syntax", message, ...(advice === undefined ? {} : { advice }) }))

/** Applies the settings to a payload that has no settings of its own. */
const completed = (spec: Domain.PayloadSpec, { checksum, ending }: ConsoleSettings): Domain.PayloadSpec => ({
  ...spec,
  ...(spec.form === "text" && spec.ending === undefined && ending !== undefined ? { ending } : {}),
  ...(spec.checksum === undefined && checksum !== undefined ? { checksum } : {}),
})

/** Applies the settings of the console to the payload and the recipients of a command of the assistant. */
const withSettings = (
  command: Domain.Command,
  settings: ConsoleSettings,
): Either.Either<Domain.Command, Domain.Refusal> => {
  if (command._tag !== "Send" && command._tag !== "Repeat" && command._tag !== "Broadcast") return Either.right(command)
  const payload = completed(command.payload, settings)
  if (command._tag === "Broadcast") return Either.right({ ...command, payload })
  return Either.map(
    command.to === undefined ? Domain.parseRecipients(settings.to) : Either.right(command.to),
    (to): Domain.Command => ({ ...command, payload, to }),
  )
}

/** Reads an input line. A line that begins with one `/` is a command. `//` at the start sends a line with one `/`. */
export const readInput = (line: string, kind: Assistant["kind"], settings: ConsoleSettings): Read => {
  if (line === "") return Either.right({ _tag: "Nothing" })
  if (!line.startsWith("/") || line.startsWith("//")) {
    const content = line.startsWith("//") ? line.slice(1) : line
    const payload: Domain.PayloadSpec = settings.isHex
      ? { form: "hex", content }
      : { form: "text", content, escapes: false }
    return Either.map(withSettings({ _tag: "Send", payload }, settings), (command) => ({ _tag: "Do", command }))
  }
  const [, word = "", rest = ""] = /^\/(\S*)\s*(.*)$/su.exec(line) ?? []
  const read = Object.hasOwn(reads, word) ? reads[word] : undefined
  const known = wordsFor(kind)
  if (!known.some((one) => one.word === word)) {
    const words = known.map((one) => one.word)
    const isOther = wordsFor(kind === "server" ? "client" : "server").some((one) => one.word === word)
    if (isOther) return refused(`/${word} is a command of ${kind === "server" ? "tcpfx connect" : "tcpfx serve"}`)
    return refused(
      word === ""
        ? "a command is missing after the slash"
        : `/${word} is not a command${Domain.suggestion(word, words)}`,
      "/help lists the commands; // at the start sends a slash",
    )
  }
  return read === undefined ? domain(line.slice(1), kind, settings) : read(rest.trim(), kind, settings)
}

const domain = (line: string, kind: Assistant["kind"], settings: ConsoleSettings): Read =>
  Either.mapBoth(
    Either.flatMap(Domain.parseCommand(line, kind), (command) => withSettings(command, settings)),
    { onLeft: adapted, onRight: (command) => ({ _tag: "Do", command }) },
  )

/**
 * Adapts a syntax error of the assistant. The console has rewritten the typed line, so the number of the character is
 * wrong, and its commands have a slash.
 */
const adapted = (refusal: Domain.Refusal): Domain.Refusal => {
  if (refusal.reason !== "syntax") return refusal
  const { advice, message } = refusal
  return new Domain.Refusal({
    ...refusal,
    message: message.replace(/, at character \d+$/, ""),
    ...(advice === undefined ? {} : { advice: advice.replace(/^The form is: /, "$&/") }),
  })
}

const formOf = (word: string): string => {
  const found = [...wordsFor("server"), ...wordsFor("client")].find((one) => one.word === word)
  return found === undefined ? "" : `The form is: ${found.form}. Such as: ${found.example}`
}

/** Matches recipients without blanks between them. A name in quotation marks may have blanks. */
const recipientsAtStart = /^!?@(?:all-but\s+)?(?:"(?:[^"\\]|\\.)*"|[^\s"])+(?:\s+|$)/u

/** Reads a short form of `send`: `/hex @3 01 03` is `send @3 hex 01 03`. */
const sending =
  (form: Domain.PayloadForm): Reader =>
  (rest, kind, settings) => {
    const to = recipientsAtStart.exec(rest)?.[0] ?? ""
    const content = rest.slice(to.length)
    if (content === "") return refused(`the content is missing after /${form}`, formOf(form))
    return domain(`send ${to}${form} ${content}`, kind, settings)
  }

const list =
  (what: Listing): Reader =>
  (rest) =>
    rest === "" ? Either.right({ _tag: "List", what }) : refused(`/${what} takes no words`, formOf(what))

const choice =
  <A extends string>(word: string, values: ReadonlyArray<A>, act: (value: A) => Action): Reader =>
  (rest) => {
    const value = values.find((one) => one === rest)
    if (value !== undefined) return Either.right(act(value))
    const what =
      rest === "" ? "a value is missing" : `"${rest}" is not a value of /${word}${Domain.suggestion(rest, values)}`
    return refused(`${what}; expected ${values.join(", ")}`, formOf(word))
  }

type Reader = (rest: string, kind: Assistant["kind"], settings: ConsoleSettings) => Read

const reads: Readonly<Record<string, Reader>> = {
  to: (rest) =>
    rest === ""
      ? refused("the recipients are missing", formOf("to"))
      : Either.map(Domain.parseRecipients(rest), (to) => ({ _tag: "To", to: Domain.formatRecipients(to) })),
  clients: (filter) => Either.right({ _tag: "Clients", filter }),
  name: (rest, kind, settings) => domain(`rename ${rest}`, kind, settings),
  rst: (rest, kind, settings) => domain(`reset ${rest}`, kind, settings),
  text: sending("text"),
  hex: sending("hex"),
  base64: sending("base64"),
  file: sending("file"),
  repeat: (rest, kind, settings) => {
    const [, time = "", more = ""] = /^(\S+)\s*(.*)$/su.exec(rest) ?? []
    if (time === "") return refused("the interval is missing", formOf("repeat"))
    return domain(time.includes("=") ? `repeat ${rest}` : `repeat every=${time} ${more}`, kind, settings)
  },
  repeats: list("repeats"),
  rules: list("rules"),
  macros: list("macros"),
  stats: list("stats"),
  macro: (rest, kind, settings) => domain(/\s/.test(rest) ? `macro ${rest}` : `run ${rest}`, kind, settings),
  view: choice("view", Domain.LogView.literals, (view) => ({ _tag: "View", view })),
  eol: choice("eol", ["none", "lf", "crlf", "cr"], (ending) => ({ _tag: "Ending", ending })),
  checksum: (rest) =>
    rest === ""
      ? refused("the name of a checksum is missing", formOf("checksum"))
      : rest === "none"
        ? Either.right({ _tag: "Checksum", checksum: undefined })
        : Either.map(Domain.findChecksum(rest), () => ({ _tag: "Checksum", checksum: { kind: rest } })),
  filter: (rest) =>
    rest === ""
      ? Either.right({ _tag: "Filter", filter: undefined })
      : Either.mapBoth(Domain.parseFilter(rest), {
          onLeft: adapted,
          onRight: (filter) => ({ _tag: "Filter", filter }),
        }),
  log: (rest) => {
    const [, first = "", second = ""] = /^(\S+)\s*(.*)$/su.exec(rest) ?? []
    const format = logFormats.find((one) => one === first)
    const path = format === undefined ? rest : second
    return path === ""
      ? refused("the path of a file is missing", formOf("log"))
      : Either.right({ _tag: "Save", format: format ?? "text", path })
  },
  help: (rest) => Either.right({ _tag: "Help", word: rest === "" ? undefined : rest.replace(/^\//, "") }),
  listen: (rest) => Either.right({ _tag: "Do", command: { _tag: "Listen", endpoint: rest } }),
  connect: (rest, kind, settings) =>
    rest === "" ? Either.right({ _tag: "Again" }) : domain(`connect ${rest}`, kind, settings),
  reconnect: (rest) =>
    rest === "" ? Either.right({ _tag: "Again" }) : refused("/reconnect takes no words", formOf("reconnect")),
}
