import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { parseYesNo } from "../../domain/index.ts"
import {
  type FileAction,
  type FileChecksum,
  type FilePayload,
  type FileProject,
  type FileRule,
  matchOf,
} from "./fileSchema.ts"
import type { Project, ProjectRepeat } from "./Project.ts"

const isYes = (written: string): boolean => Either.getOrElse(parseYesNo(written), () => false)
const millisOf = (written: string): number => Assistant.readMillis(written) ?? 0

const checksumOf = ({ at, from, kind, order, to }: FileChecksum): Assistant.ChecksumSpec => ({
  kind,
  ...(order === undefined ? {} : { order: order === "little" ? "little" : "big" }),
  ...(from === undefined ? {} : { from: Number(from) }),
  ...(to === undefined ? {} : { to: Number(to) }),
  ...(at === undefined ? {} : { at: Number(at) }),
})

const endings = ["none", "lf", "crlf", "cr"] as const

const payloadOf = (payload: FilePayload): Assistant.PayloadSpec => {
  const { base64, checksum, encoding, escapes, file, hex, text } = payload
  const ending = endings.find((known) => known === payload.ending)
  const content: Pick<Assistant.PayloadSpec, "form" | "content"> =
    hex !== undefined
      ? { form: "hex", content: hex }
      : base64 !== undefined
        ? { form: "base64", content: base64 }
        : file !== undefined
          ? { form: "file", content: file }
          : { form: "text", content: text ?? "" }
  return {
    ...content,
    ...(escapes === undefined ? {} : { escapes: isYes(escapes) }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(ending === undefined ? {} : { ending }),
    ...(checksum === undefined ? {} : { checksum: checksumOf(checksum) }),
  }
}

const actionOf = ({ close, rename, reply, reset, tag }: FileAction): Assistant.RuleAction => {
  if (reply !== undefined) return { _tag: "Reply", payload: payloadOf(reply) }
  if (rename !== undefined) return { _tag: "Rename", name: rename }
  if (tag !== undefined) return { _tag: "Tag", tag }
  return close !== undefined || reset === undefined ? { _tag: "Close" } : { _tag: "Reset" }
}

const ruleOf = (rule: FileRule): Assistant.Rule => {
  const { after, enabled, from, name, reply, times, when } = rule
  const actions: Arr.NonEmptyReadonlyArray<Assistant.RuleAction> =
    rule.do === undefined ? [actionOf({ reply: reply ?? { text: "" } })] : Arr.map(rule.do, actionOf)
  return {
    name,
    match: matchOf(when),
    ...(from === undefined ? {} : { from }),
    ...(after === undefined ? {} : { delay: millisOf(after) }),
    ...(times === undefined ? {} : { count: Number(times) }),
    ...(enabled === undefined ? {} : { enabled: isYes(enabled) }),
    actions,
  }
}

/** Converts a file that the schema has accepted into a project. */
export const projectOf = ({ macros = [], repeats = [], rules = [] }: FileProject): Project => ({
  rules: rules.map(ruleOf),
  repeats: repeats.map(({ every, send, times, to }): ProjectRepeat => {
    const recipients = to === undefined ? undefined : Either.getOrUndefined(Assistant.parseRecipients(to))
    return {
      _tag: "Repeat",
      payload: payloadOf(send),
      interval: millisOf(every),
      ...(recipients === undefined ? {} : { to: recipients }),
      ...(times === undefined ? {} : { count: Number(times) }),
    }
  }),
  macros: macros.map(({ name, send, to }) => ({ name, payload: payloadOf(send), ...(to === undefined ? {} : { to }) })),
})

/** A value of the file: a string, a list, or a map whose keys are in the order of the file. */
export type Plain = string | ReadonlyArray<Plain> | { readonly [key: string]: Plain }

const defined = (fields: Readonly<Record<string, Plain | undefined>>): { readonly [key: string]: Plain } =>
  Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? "yes" : "no")
const time = (millis: number | undefined) => (millis === undefined ? undefined : Assistant.formatMillisExactly(millis))

const plainPayload = (payload: Assistant.PayloadSpec): Plain => {
  const { checksum, content, encoding, ending, escapes, form } = payload
  const { kind, ...rest } = checksum ?? {}
  const placed = defined(Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, value?.toString()])))
  const fields = defined({
    [form]: content,
    escapes: escapes === undefined ? undefined : escapes ? "on" : "off",
    encoding,
    ending,
    checksum: kind === undefined ? undefined : Object.keys(placed).length === 0 ? kind : { kind, ...placed },
  })
  return form === "text" && Object.keys(fields).length === 1 ? content : fields
}

const plainMatch = (match: Assistant.Match): Plain => {
  switch (match._tag) {
    case "Contains":
      return { contains: match.text }
    case "Equals":
      return { equals: match.text }
    case "Starts":
      return { starts: match.text }
    case "Regex":
      return defined({ regex: match.source, "ignore-case": yesNo(match.ignoreCase) })
    case "Hex":
      return { hex: match.pattern }
  }
}

const plainAction = (action: Assistant.RuleAction): Plain => {
  switch (action._tag) {
    case "Reply":
      return { reply: plainPayload(action.payload) }
    case "Close":
      return "close"
    case "Reset":
      return "reset"
    case "Rename":
      return { rename: action.name }
    case "Tag":
      return { tag: action.tag }
  }
}

/** Converts a rule into its form in the file. A rule with one reply needs no list of actions. */
export const plainRule = (rule: Assistant.Rule): { readonly [key: string]: Plain } => {
  const [first, ...more] = rule.actions
  const replies = more.length === 0 && first._tag === "Reply"
  return defined({
    name: rule.name,
    when: plainMatch(rule.match),
    from: rule.from,
    after: time(rule.delay),
    times: rule.count?.toString(),
    enabled: yesNo(rule.enabled),
    reply: replies ? plainPayload(first.payload) : undefined,
    do: replies ? undefined : rule.actions.map(plainAction),
  })
}

export const plainRepeat = (repeat: ProjectRepeat): { readonly [key: string]: Plain } =>
  defined({
    every: time(repeat.interval),
    times: repeat.count?.toString(),
    to: repeat.to && Assistant.formatRecipients(repeat.to),
    send: plainPayload(repeat.payload),
  })

export const plainMacro = (macro: Assistant.Macro): { readonly [key: string]: Plain } =>
  defined({ name: macro.name, to: macro.to, send: plainPayload(macro.payload) })
