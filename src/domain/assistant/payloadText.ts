import * as Either from "effect/Either"
import { nearest } from "../nearest.ts"
import { checksumOf } from "./checksumText.ts"
import { isOneLine, type LineReader, quote, type Setting } from "./LineReader.ts"
import type { LineEnding, PayloadForm, PayloadSpec } from "./Payload.ts"
import type { Recipients } from "./Recipients.ts"
import type { Refusal } from "./Refusal.ts"
import { readRecipients } from "./recipientsText.ts"

const forms: ReadonlyArray<string> = ["text", "hex", "base64", "file"]
const isForm = (word: string | undefined): word is PayloadForm => word !== undefined && forms.includes(word)
const endings: ReadonlyArray<string> = ["none", "lf", "crlf", "cr"]
const isEnding = (word: string): word is LineEnding => endings.includes(word)

/** The keys of a payload's settings in the written form `key=value`. */
const payloadKeys: ReadonlyArray<string> = [
  "encoding",
  "ending",
  "checksum",
  "order",
  "from",
  "to",
  "at",
  "escapes",
  "content",
]

/** The words after `send` and similar verbs. */
export interface Sending {
  readonly payload: PayloadSpec
  readonly to: { readonly recipients: Recipients; readonly text: string } | undefined
  /** The settings that do not belong to the payload. */
  readonly others: ReadonlyMap<string, Setting>
}

interface SendingOptions {
  /** Whether recipients may precede the content. */
  readonly to: boolean
  /** The keys of further settings, in addition to those of the payload. */
  readonly keys: ReadonlyArray<string>
  /**
   * The verbs of the actions, if the payload is part of a rule; otherwise empty. In a rule, the content ends before
   * `then` with one of these verbs, and a quoted content ends at its closing quotation mark. Outside a rule, and after
   * `--`, the content is the rest of the line.
   */
  readonly actions: ReadonlyArray<string>
}

/** Reads `[@recipients] [form] [key=value …] [--] CONTENT`. The content is the rest of the line, unchanged. */
export const readSending = (reader: LineReader, options: SendingOptions): Either.Either<Sending, Refusal> =>
  Either.gen(function* () {
    const keys = [...payloadKeys, ...options.keys]
    const settings = new Map<string, Setting>()
    let form: PayloadForm | undefined
    let to: Sending["to"]
    let content: string | undefined
    for (;;) {
      if (reader.isAtEnd()) break
      if (options.to && to === undefined && reader.line[reader.at] === "@") {
        const start = reader.at
        const recipients = yield* readRecipients(reader, false)
        to = { recipients, text: reader.line.slice(start, reader.at) }
        continue
      }
      const setting = yield* reader.setting(keys)
      if (setting !== undefined) {
        if (settings.has(setting.key)) return yield* reader.refuseAt(setting.at, `${setting.key}= is given twice`)
        settings.set(setting.key, setting)
        continue
      }
      const word = reader.peek()
      if (settings.has("content")) break
      if (word === "--") {
        reader.at += 2
        if (/\s/.test(reader.line[reader.at] ?? "")) reader.at++
        content = restOf(reader)
        break
      }
      if (form === undefined && isForm(word)) {
        reader.at += word.length
        form = word
        continue
      }
      yield* checkMistyped(reader, word, keys)
      content =
        options.actions.length > 0 && word === undefined
          ? yield* readRaw(reader)
          : restOf(reader, nextAction(options.actions))
      break
    }
    content ??= settings.get("content")?.value.text
    if (content === undefined) {
      return yield* reader.refuseAt(reader.line.length, "there is nothing to send", "Write -- for an empty content.")
    }
    const payload = yield* specOf(reader, form ?? "text", content, settings)
    return { payload, to, others: new Map([...settings].filter(([key]) => options.keys.includes(key))) }
  })

/** Returns a pattern that finds the next action of a rule in a content, or `undefined` outside a rule. */
const nextAction = (actions: ReadonlyArray<string>): RegExp | undefined =>
  actions.length === 0
    ? undefined
    : // A match must begin at the first of several blanks, or a long run of blanks would take quadratic time.
      new RegExp(`(?<!\\s)\\s+then\\s+(?:${actions.join("|")})(?!\\S)`)

/** Reads the rest of the line, or the text before the first match of `mark`. */
const restOf = (reader: LineReader, mark?: RegExp): string => {
  const rest = reader.rest()
  const end = mark === undefined ? -1 : rest.search(mark)
  const content = end < 0 ? rest : rest.slice(0, end)
  reader.at += content.length
  return content
}

// Shorter keys are not checked for typing errors, because many ordinary words differ from them in one or two letters.
const shortestMistyped = 5

/** Refuses a setting with a mistyped key, which would otherwise be sent as content. */
const checkMistyped = (
  reader: LineReader,
  word: string | undefined,
  keys: ReadonlyArray<string>,
): Either.Either<void, Refusal> => {
  const key = /^([A-Za-z-]+)=/.exec(word ?? "")?.[1]
  if (key === undefined || key.length < shortestMistyped) return Either.void
  const near = nearest(
    key,
    keys.filter((known) => known.length >= shortestMistyped),
  )
  if (near === undefined) return Either.void
  const problem = `${key}= is not a setting (did you mean ${near}=?)`
  return reader.refuseAt(reader.at, problem, "Write -- before a content that begins like this.")
}

/** Reads the raw content between quotation marks. A quotation mark after a backslash does not end the content. */
const readRaw = (reader: LineReader): Either.Either<string, Refusal> => {
  const written = /^"((?:[^"\\]|\\.)*)"(?=\s|$)/s.exec(reader.rest())
  const content = written?.[1]
  if (written === null || content === undefined) {
    return reader.refuseAt(reader.at, "the quotation mark is not closed, or no blank follows the closing one")
  }
  reader.at += written[0].length
  return Either.right(content)
}

const specOf = (
  reader: LineReader,
  form: PayloadForm,
  content: string,
  settings: ReadonlyMap<string, Setting>,
): Either.Either<PayloadSpec, Refusal> =>
  Either.gen(function* () {
    const wrong = ({ key, value }: Setting, expected: string) =>
      reader.refuseAt(value.at, `${key}=${value.text} is unknown; expected ${expected}`)
    const text = (key: string) => settings.get(key)?.value.text
    const escapes = settings.get("escapes")
    if (escapes !== undefined && !["on", "off"].includes(escapes.value.text)) {
      return yield* wrong(escapes, "escapes=on or escapes=off")
    }
    const ending = settings.get("ending")
    if (ending !== undefined && !isEnding(ending.value.text)) return yield* wrong(ending, endings.join(", "))
    const encoding = settings.get("encoding")
    if (encoding?.value.text === "") return yield* wrong(encoding, "the name of an encoding, such as gbk")
    const endingText = text("ending")
    const checksum = yield* checksumOf(reader, settings)
    const spec: PayloadSpec = {
      form,
      content,
      ...(escapes === undefined ? {} : { escapes: escapes.value.text === "on" }),
      ...(encoding === undefined ? {} : { encoding: encoding.value.text }),
      ...(endingText !== undefined && isEnding(endingText) ? { ending: endingText } : {}),
      ...(checksum === undefined ? {} : { checksum }),
    }
    return spec
  })

/** The options for writing a payload. */
interface FormatOptions {
  /** Whether the payload is the last part of the line. */
  readonly last: boolean
  /** The verbs of a rule's actions if the payload is in a rule, else empty. */
  readonly actions: ReadonlyArray<string>
}

/** Writes a payload in one line that {@link readSending} reads back. */
export const formatPayload = (spec: PayloadSpec, { actions, last }: FormatOptions): string => {
  const { checksum, content, encoding, ending, escapes, form } = spec
  const settings = [
    ["encoding", encoding],
    ["ending", ending],
    ["escapes", escapes === undefined ? undefined : escapes ? "on" : "off"],
    ["checksum", checksum?.kind],
    ["order", checksum?.order],
    ["from", checksum?.from],
    ["to", checksum?.to],
    ["at", checksum?.at],
  ].flatMap(([key, value]) => (value === undefined ? [] : [formatSetting(`${key}`, `${value}`)]))
  return [...(form === "text" ? [] : [form]), ...settings, formatContent(content, last, actions)].join(" ")
}

/** Writes a setting as `key=value`. The value gets quotation marks if it needs them. */
export const formatSetting = (key: string, value: string): string =>
  `${key}=${/^[^\s"]+$/.test(value) && isOneLine(value) ? value : quote(value)}`

const formatContent = (content: string, last: boolean, actions: ReadonlyArray<string>): string => {
  if (!isOneLine(content)) return formatSetting("content", content)
  if (!last) {
    return /^(?:[^"\\]|\\.)*$/.test(content) ? `"${content}"` : `content=${quote(content)}`
  }
  // The console and the control socket remove blanks at the end of a line.
  if (/\s$/.test(content)) return `content=${quote(content)}`
  const [word = ""] = content.split(/\s/, 1)
  const isWhole = nextAction(actions)?.test(` ${content}`) !== true
  const isPlain = isWhole && word !== "" && word !== "--" && !isForm(word) && !/^["@]|^[A-Za-z-]+=/.test(word)
  return isPlain ? content : content === "" ? "--" : `-- ${content}`
}
