import * as Either from "effect/Either"
import { findChecksum } from "./checksums.ts"
import { isOneLine, type LineReader, quote, type Setting } from "./LineReader.ts"
import { nearest } from "./nearest.ts"
import type { ChecksumSpec, LineEnding, PayloadForm, PayloadSpec } from "./Payload.ts"
import type { Recipients } from "./Recipients.ts"
import type { Refusal } from "./Refusal.ts"
import { readRecipients } from "./recipientsText.ts"
import { refuse } from "./refuse.ts"

const forms: ReadonlyArray<string> = ["text", "hex", "base64", "file"]
const isForm = (word: string | undefined): word is PayloadForm => word !== undefined && forms.includes(word)
const endings: ReadonlyArray<string> = ["none", "lf", "crlf", "cr"]
const isEnding = (word: string): word is LineEnding => endings.includes(word)

/** The settings of a payload in the written form, `key=value` each. */
export const payloadKeys: ReadonlyArray<string> = [
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

/** What stands behind `send` and the like. */
export interface Sending {
  readonly payload: PayloadSpec
  readonly to: { readonly recipients: Recipients; readonly text: string } | undefined
  /** The settings that the payload does not have. */
  readonly others: ReadonlyMap<string, Setting>
}

interface SendingOptions {
  /** Whether recipients can stand before the content. */
  readonly to: boolean
  /** Settings beside those of the payload. */
  readonly keys: ReadonlyArray<string>
  /**
   * The verbs of the actions of a rule, where the payload is one of them: there a content ends before `then` and a verb, and
   * one in quotation marks ends with them. Elsewhere it goes to the end of the line, as it does behind `--`.
   */
  readonly actions: ReadonlyArray<string>
}

/** Reads `[@recipients] [form] [key=value …] [--] CONTENT`. The content is the rest of the line as it is. */
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
        if (settings.has(setting.key)) return yield* reader.refuseAt(setting.at, `${setting.key}= stands there twice`)
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
      return yield* reader.refuseAt(reader.line.length, "there is nothing to send", "An empty content is written --.")
    }
    const payload = yield* specOf(reader, form ?? "text", content, settings)
    return { payload, to, others: new Map([...settings].filter(([key]) => options.keys.includes(key))) }
  })

/** Finds where the next action of a rule begins in a content; nothing outside a rule. */
const nextAction = (actions: ReadonlyArray<string>): RegExp | undefined =>
  actions.length === 0
    ? undefined
    : // A match begins with the first of several blanks, so that a long run of them is looked at once.
      new RegExp(`(?<!\\s)\\s+then\\s+(?:${actions.join("|")})(?!\\S)`)

/** The rest of the line, or what stands before a mark in it. */
const restOf = (reader: LineReader, mark?: RegExp): string => {
  const rest = reader.rest()
  const end = mark === undefined ? -1 : rest.search(mark)
  const content = end < 0 ? rest : rest.slice(0, end)
  reader.at += content.length
  return content
}

// A shorter key differs in a letter or two from far too many words.
const shortestMistyped = 5

/** A setting with a mistyped key would be sent as content. */
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
  const problem = `${key}= is no setting (did you mean ${near}=?)`
  return reader.refuseAt(reader.at, problem, "A content that begins like this stands behind --.")
}

/** Reads a content between quotation marks as it is; a backslash keeps the character behind it from being the end. */
const readRaw = (reader: LineReader): Either.Either<string, Refusal> => {
  const written = /^"((?:[^"\\]|\\.)*)"(?=\s|$)/s.exec(reader.rest())
  const content = written?.[1]
  if (written === null || content === undefined) {
    return reader.refuseAt(reader.at, "the quotation mark is not closed, or no blank stands behind the closing one")
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

const checksumOf = (
  reader: LineReader,
  settings: ReadonlyMap<string, Setting>,
): Either.Either<ChecksumSpec | undefined, Refusal> =>
  Either.gen(function* () {
    const kind = settings.get("checksum")
    const parts = ["order", "from", "to", "at"].flatMap((key) => settings.get(key) ?? [])
    if (kind === undefined) {
      const [first] = parts
      if (first === undefined) return undefined
      return yield* reader.refuseAt(first.at, `${first.key}= needs checksum=`, "Such as checksum=modbus.")
    }
    yield* Either.mapLeft(findChecksum(kind.value.text), atPlace(kind.value.at))
    const order = settings.get("order")
    if (order !== undefined && order.value.text !== "big" && order.value.text !== "little") {
      return yield* reader.refuseAt(order.value.at, `order=${order.value.text} is unknown; expected big or little`)
    }
    const offsets: { from?: number; to?: number; at?: number } = {}
    for (const key of ["from", "to", "at"] as const) {
      const setting = settings.get(key)
      if (setting === undefined) continue
      const offset = /^-?[0-9]{1,15}$/.test(setting.value.text) ? Number(setting.value.text) : undefined
      if (offset === undefined) {
        return yield* reader.refuseAt(setting.value.at, `${key}=${setting.value.text} is no offset in bytes`)
      }
      offsets[key] = offset === 0 ? 0 : offset
    }
    const spec: ChecksumSpec = {
      kind: kind.value.text,
      ...(order === undefined ? {} : { order: order.value.text === "big" ? "big" : "little" }),
      ...offsets,
    }
    return spec
  })

/** A refusal with its place in the line. */
const atPlace =
  (at: number) =>
  (refusal: Refusal): Refusal =>
    Either.merge(
      refuse("syntax", `${refusal.message}, at character ${at + 1}`, {
        at,
        ...(refusal.advice === undefined ? {} : { advice: refusal.advice }),
      }),
    )

/** How a payload is written. */
interface FormatOptions {
  /** Whether nothing follows it in the line. */
  readonly last: boolean
  /** The verbs of the actions of a rule, where the payload is one of them. */
  readonly actions: ReadonlyArray<string>
}

/** Writes a payload so that {@link readSending} reads the same one. It is one line, whatever the content. */
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

/** Writes `key=value`. */
export const formatSetting = (key: string, value: string): string =>
  `${key}=${/^[^\s"]+$/.test(value) && isOneLine(value) ? value : quote(value)}`

const formatContent = (content: string, last: boolean, actions: ReadonlyArray<string>): string => {
  if (!isOneLine(content)) return formatSetting("content", content)
  if (!last) {
    return /^(?:[^"\\]|\\.)*$/.test(content) ? `"${content}"` : `content=${quote(content)}`
  }
  // The faces cut blanks from the end of a line.
  if (/\s$/.test(content)) return `content=${quote(content)}`
  const [word = ""] = content.split(/\s/, 1)
  const isWhole = nextAction(actions)?.test(` ${content}`) !== true
  const isPlain = isWhole && word !== "" && word !== "--" && !isForm(word) && !/^["@]|^[A-Za-z-]+=/.test(word)
  return isPlain ? content : content === "" ? "--" : `-- ${content}`
}
