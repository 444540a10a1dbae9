import * as Either from "effect/Either"
import { suggestion } from "../nearest.ts"
import { formatMillisExactly, millisOf, timesOf } from "./durationText.ts"
import { formatWord, isOneLine, LineReader, quote, type Word } from "./LineReader.ts"
import { formatPayload, readSending } from "./payloadText.ts"
import type { Refusal } from "./Refusal.ts"
import type { Match, Rule, RuleAction } from "./Rule.ts"
import { readRecipients } from "./recipientsText.ts"

const matches = ["contains", "equals", "starts", "regex", "hex"]
const conditions = ["when", "from", "after", "times", "on", "off"]
const actionVerbs = ["reply", "close", "reset", "rename", "tag"]
const form = 'rule NAME when contains "login" [from @tag:x] [after 500ms] [times 3] reply ok\\n'

/** The part of a rule before its actions. */
interface Head {
  match?: Match
  from?: string
  delay?: number
  count?: number
  enabled?: boolean
}

/**
 * Reads a rule in its written form, which is the command `rule` without its verb.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * const rule = Either.getOrThrow(Assistant.parseRule("hello when contains login reply ok"))
 * assert.deepEqual(rule.match, { _tag: "Contains", text: "login" })
 */
export const parseRule = (text: string): Either.Either<Rule, Refusal> => readRule(new LineReader(text))

/** Reads `NAME when MATCH [from RECIPIENTS] [after TIME] [times N] [on|off] ACTION [then ACTION …]`. */
export const readRule = (reader: LineReader): Either.Either<Rule, Refusal> =>
  Either.gen(function* () {
    const name = yield* needWord(reader, "a rule needs a name", form)
    const head: Head = {}
    for (;;) {
      const word = reader.peek()
      const at = reader.at
      if (word === undefined || !conditions.includes(word)) break
      reader.at += word.length
      const key = word === "on" || word === "off" ? "enabled" : word
      const given = { when: head.match, from: head.from, after: head.delay, times: head.count, enabled: head.enabled }
      if (given[key as keyof typeof given] !== undefined) {
        return yield* reader.refuseAt(at, `"${word}" is given twice`)
      }
      switch (word) {
        case "when":
          head.match = yield* readMatch(reader)
          break
        case "from": {
          reader.skipBlanks()
          const start = reader.at
          yield* readRecipients(reader, false)
          head.from = reader.line.slice(start, reader.at)
          break
        }
        case "after": {
          const time = yield* needWord(reader, 'a time is missing after "after"', form)
          head.delay = yield* millisOf(reader, time, 0, `after ${time.text}`)
          break
        }
        case "times": {
          const times = yield* needWord(reader, 'a number is missing after "times"', form)
          head.count = yield* timesOf(reader, times, `times ${times.text}`)
          break
        }
        default:
          head.enabled = word === "on"
      }
    }
    const { count, delay, enabled, from, match } = head
    if (match === undefined) {
      const word = reader.peek() ?? ""
      const problem = `"when" and a match are missing${suggestion(word, conditions)}`
      return yield* reader.refuseAt(reader.at, problem, `Such as: ${form}`)
    }
    const first = yield* readAction(reader)
    const more: Array<RuleAction> = []
    while (!reader.isAtEnd()) {
      if (!reader.take("then")) {
        return yield* reader.refuseAt(
          reader.at,
          '"then" is missing before the next action',
          `Such as: ${form} then close`,
        )
      }
      more.push(yield* readAction(reader))
    }
    const rule: Rule = {
      name: name.text,
      match,
      ...(from === undefined ? {} : { from }),
      ...(delay === undefined ? {} : { delay }),
      ...(count === undefined ? {} : { count }),
      ...(enabled === undefined ? {} : { enabled }),
      actions: [first, ...more],
    }
    return rule
  })

const needWord = (reader: LineReader, problem: string, example: string): Either.Either<Word, Refusal> =>
  Either.flatMap(reader.word(), (word) =>
    word === undefined ? reader.refuseAt(reader.line.length, problem, `Such as: ${example}`) : Either.right(word),
  )

const readMatch = (reader: LineReader): Either.Either<Match, Refusal> =>
  Either.gen(function* () {
    const kind = yield* needWord(reader, `a match is missing; expected ${matches.join(", ")}`, form)
    if (kind.quoted || !matches.includes(kind.text)) {
      const problem = `"${kind.text}" is not a match; expected ${matches.join(", ")}${suggestion(kind.text, matches)}`
      return yield* reader.refuseAt(kind.at, problem)
    }
    if (kind.text === "regex") return yield* readRegex(reader)
    if (kind.text === "hex") return yield* readPattern(reader)
    const { text } = yield* needWord(reader, `a text is missing after "${kind.text}"`, form)
    return kind.text === "contains"
      ? { _tag: "Contains", text }
      : kind.text === "equals"
        ? { _tag: "Equals", text }
        : { _tag: "Starts", text }
  })

const regexForm = "rule NAME when regex /^id=(\\d+)/i reply ok"

/** Reads `/source/` or `"source"`. With an `i` directly after the closing slash, the expression ignores letter case. */
const readRegex = (reader: LineReader): Either.Either<Match, Refusal> =>
  Either.gen(function* () {
    reader.skipBlanks()
    const start = reader.at
    let source: string
    if (reader.line[start] === '"') {
      source = (yield* reader.quoted()).text
    } else {
      const written = /^\/((?:[^/\\]|\\.)*)\//s.exec(reader.rest())
      if (written === null) {
        return yield* reader.refuseAt(start, "a regular expression needs slashes around it", `Such as: ${regexForm}`)
      }
      source = written[1] ?? ""
      reader.at += written[0].length
    }
    const flags = /^[^\s]*/.exec(reader.rest())?.[0] ?? ""
    if (flags !== "" && flags !== "i") {
      return yield* reader.refuseAt(reader.at, `the flag "${flags}" is unknown; the only flag is i`)
    }
    reader.at += flags.length
    return flags === "i" ? { _tag: "Regex", source, ignoreCase: true } : { _tag: "Regex", source }
  })

const patternWord = /^(?:(?:0[xX]|\\x)?[0-9a-fA-F?]{2}[,:]?)+\*?$|^\*$/

/** Reads a quoted pattern, or all following words that consist of pairs of hex digits. */
const readPattern = (reader: LineReader): Either.Either<Match, Refusal> =>
  Either.gen(function* () {
    const first = yield* needWord(
      reader,
      'a pattern is missing after "hex"',
      "rule NAME when hex 78 78 ?? 01 * reply ok",
    )
    if (first.quoted) return { _tag: "Hex", pattern: first.text }
    let end = first.end
    for (let next = reader.peek(); next !== undefined && patternWord.test(next); next = reader.peek()) {
      reader.at += next.length
      end = reader.at
    }
    return { _tag: "Hex", pattern: reader.line.slice(first.at, end) }
  })

const readAction = (reader: LineReader): Either.Either<RuleAction, Refusal> =>
  Either.gen(function* () {
    const example = `Such as: ${form}`
    const verb = yield* needWord(reader, `an action is missing; expected ${actionVerbs.join(", ")}`, form)
    switch (verb.quoted ? "" : verb.text) {
      case "reply": {
        const { payload } = yield* readSending(reader, { to: false, keys: [], actions: actionVerbs })
        return { _tag: "Reply", payload }
      }
      case "close":
        return { _tag: "Close" }
      case "reset":
        return { _tag: "Reset" }
      case "rename":
        return { _tag: "Rename", name: (yield* needWord(reader, 'a name is missing after "rename"', form)).text }
      case "tag":
        return { _tag: "Tag", tag: (yield* needWord(reader, 'a tag is missing after "tag"', form)).text }
      default: {
        const known = [...conditions, ...actionVerbs]
        const problem = `"${verb.text}" is not an action; expected ${actionVerbs.join(", ")}${suggestion(verb.text, known)}`
        return yield* reader.refuseAt(verb.at, problem, example)
      }
    }
  })

/** Writes a rule so that {@link readRule} reads it back. */
export const formatRule = (rule: Rule): string =>
  [
    formatWord(rule.name),
    ...(rule.enabled === undefined ? [] : [rule.enabled ? "on" : "off"]),
    "when",
    formatMatch(rule.match),
    ...(rule.from === undefined ? [] : ["from", rule.from]),
    ...(rule.delay === undefined ? [] : ["after", formatMillisExactly(rule.delay)]),
    ...(rule.count === undefined ? [] : ["times", String(rule.count)]),
    rule.actions.map((action, index) => formatAction(action, index === rule.actions.length - 1)).join(" then "),
  ].join(" ")

const formatMatch = (match: Match): string => {
  switch (match._tag) {
    case "Contains":
      return `contains ${quote(match.text)}`
    case "Equals":
      return `equals ${quote(match.text)}`
    case "Starts":
      return `starts ${quote(match.text)}`
    case "Regex": {
      const fits = /^(?:[^/\\]|\\.)+$/.test(match.source) && isOneLine(match.source)
      return `regex ${fits ? `/${match.source}/` : quote(match.source)}${match.ignoreCase === true ? "i" : ""}`
    }
    case "Hex":
      return `hex ${quote(match.pattern)}`
  }
}

const formatAction = (action: RuleAction, last: boolean): string => {
  switch (action._tag) {
    case "Reply":
      return `reply ${formatPayload(action.payload, { last, actions: actionVerbs })}`
    case "Close":
      return "close"
    case "Reset":
      return "reset"
    case "Rename":
      return `rename ${formatWord(action.name)}`
    case "Tag":
      return `tag ${formatWord(action.tag)}`
  }
}
