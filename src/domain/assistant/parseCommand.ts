import * as Either from "effect/Either"
import { nearest, suggestion } from "../nearest.ts"
import type { Command, ConnectOptions } from "./Command.ts"
import { commandVerbs, helpOf, questionHelp } from "./commandHelp.ts"
import { millisOf, timesOf } from "./durationText.ts"
import { LineReader, type Word } from "./LineReader.ts"
import { readSending, type Sending } from "./payloadText.ts"
import type { Recipients } from "./Recipients.ts"
import type { Refusal } from "./Refusal.ts"
import { readRecipients } from "./recipientsText.ts"
import { readRule } from "./ruleText.ts"

/**
 * The kind of window. It decides the meaning of `resume` without arguments: a server accepts connections again, and a
 * client reads again.
 */
export type WindowKind = "server" | "client"

type Parsed<A> = Either.Either<A, Refusal>
type Read = (reader: LineReader, kind: WindowKind) => Parsed<Command>

/**
 * Reads a command in its written form, with an optional `/` before the verb. A refusal contains the offset in the line.
 * For a mistyped verb, it suggests the nearest verb.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * const command = Either.getOrThrow(Assistant.parseCommand("send @3 hex 01 03"))
 * assert.equal(command._tag, "Send")
 * assert.equal(Assistant.formatCommand(command), "send @3 hex 01 03")
 */
export const parseCommand = (line: string, kind: WindowKind = "server"): Either.Either<Command, Refusal> =>
  Either.gen(function* () {
    const reader = new LineReader(line)
    reader.skipBlanks()
    if (line[reader.at] === "/") reader.at++
    const at = reader.at
    const verb = reader.peek()
    if (verb === undefined || /\s/.test(line[at] ?? "")) {
      return yield* reader.refuseAt(at, "a command is missing", `Commands: ${commandVerbs.join(", ")}.`)
    }
    const read = Object.hasOwn(reads, verb) ? reads[verb] : undefined
    if (read === undefined && questionHelp.some((question) => question.verb === verb)) {
      return yield* reader.refuseAt(
        at,
        `"${verb}" is not a command of a window; the control socket (--control) answers it`,
        formAdvice(verb),
      )
    }
    if (read === undefined) {
      const near = nearest(verb, commandVerbs)
      const advice = near === undefined ? `Commands: ${commandVerbs.join(", ")}.` : formAdvice(near)
      return yield* reader.refuseAt(
        at,
        `${JSON.stringify(verb)} is not a command${suggestion(verb, commandVerbs)}`,
        advice,
      )
    }
    reader.at += verb.length
    const command = yield* read(reader, kind)
    if (!reader.isAtEnd()) yield* tooMany(reader, verb)
    return command
  })

const tooMany = (reader: LineReader, verb: string): Parsed<never> =>
  reader.refuseAt(reader.at, `${verb} takes no further words`, formAdvice(verb))

const formAdvice = (verb: string): string => `The form is: ${helpOf(verb)?.form ?? verb}.`

const needWord = (reader: LineReader, verb: string, what: string): Parsed<Word> =>
  Either.flatMap(reader.word(), (word) =>
    word === undefined
      ? reader.refuseAt(reader.line.length, `${verb} needs ${what}`, formAdvice(verb))
      : Either.right(word),
  )

/** Reads the next word if it is one of `keywords`. */
const takeOne = <K extends string>(reader: LineReader, keywords: ReadonlyArray<K>): K | undefined =>
  keywords.find((keyword) => reader.take(keyword))

const needRecipients = (reader: LineReader, verb: string): Parsed<Recipients> =>
  reader.isAtEnd()
    ? reader.refuseAt(reader.line.length, `${verb} needs a client, such as ${verb} @3`, formAdvice(verb))
    : readRecipients(reader, false)

const anyRecipients = (reader: LineReader): Parsed<{ to?: Recipients }> =>
  reader.isAtEnd() ? Either.right({}) : Either.map(readRecipients(reader, false), (to) => ({ to }))

/** Reads an endpoint: one word, or a host and a port as two words. */
const readEndpoint = (reader: LineReader, verb: string): Parsed<string> =>
  Either.gen(function* () {
    const host = yield* needWord(reader, verb, `an endpoint, such as ${verb} 127.0.0.1:9000`)
    if (host.text === "") return yield* reader.refuseAt(host.at, "the endpoint is empty")
    const port = reader.peek()
    if (host.quoted || port === undefined || !/^[0-9]+$/.test(port)) return host.text
    reader.at += port.length
    return /^[^[].*:/.test(host.text) ? `[${host.text}]:${port}` : `${host.text}:${port}`
  })

const readStop: Read = (reader) =>
  Either.gen(function* () {
    const words = ["keep", "close", "reset"] as const
    const ends = takeOne(reader, words)
    if (ends !== undefined || reader.isAtEnd()) {
      return { _tag: "StopListening", ...(ends === undefined ? {} : { clients: ends }) }
    }
    const endpoint = yield* readEndpoint(reader, "stop")
    const clients = takeOne(reader, words)
    return { _tag: "StopListening", endpoint, ...(clients === undefined ? {} : { clients }) }
  })

const yesKeys = ["tls", "insecure", "reconnect"] as const

const readConnect: Read = (reader) =>
  Either.gen(function* () {
    const endpoint = yield* readEndpoint(reader, "connect")
    const options: { -readonly [K in keyof ConnectOptions]: ConnectOptions[K] } = {}
    for (;;) {
      const bare = takeOne(reader, yesKeys)
      if (bare !== undefined) {
        options[bare] = true
        continue
      }
      const setting = yield* reader.setting([...yesKeys, "name"])
      if (setting === undefined) break
      const { key, value } = setting
      const yesKey = yesKeys.find((name) => name === key)
      if (yesKey === undefined) options.serverName = value.text
      else if (value.text === "yes" || value.text === "no") options[yesKey] = value.text === "yes"
      else return yield* reader.refuseAt(value.at, `${key}=${value.text} is unknown; expected yes or no`)
    }
    return { _tag: "Connect", endpoint, ...(Object.keys(options).length === 0 ? {} : { options }) }
  })

const readRepeat: Read = (reader) =>
  Either.gen(function* () {
    const { others, payload, to } = yield* readSending(reader, { to: true, keys: ["every", "times"], actions: [] })
    const every = others.get("every")
    if (every === undefined) {
      return yield* reader.refuseAt(
        reader.line.length,
        "repeat needs every=TIME, such as every=1s",
        formAdvice("repeat"),
      )
    }
    const interval = yield* millisOf(reader, every.value, 1, `every=${every.value.text}`)
    const times = others.get("times")
    const count = times && (yield* timesOf(reader, times.value, `times=${times.value.text}`))
    return { _tag: "Repeat", payload, interval, ...toOf(to), ...(count === undefined ? {} : { count }) }
  })

const toOf = (to: Sending["to"]) => (to === undefined ? {} : { to: to.recipients })

const readCancel: Read = (reader) =>
  Either.flatMap(reader.word(), (word): Parsed<Command> => {
    if (word === undefined) return Either.right({ _tag: "Cancel" })
    const number = /^#?([0-9]{1,15})$/.exec(word.text)?.[1]
    return number === undefined
      ? reader.refuseAt(word.at, `"${word.text}" is not the number of a repeat`, formAdvice("cancel"))
      : Either.right({ _tag: "Cancel", repeat: Number(number) })
  })

const readKick: Read = (reader) =>
  Either.map(
    needRecipients(reader, "kick"),
    (to): Command => (reader.take("reset") ? { _tag: "Reset", to } : { _tag: "Kick", to }),
  )

const readTagging =
  (verb: "tag" | "untag"): Read =>
  (reader) =>
    Either.gen(function* () {
      const to = yield* needRecipients(reader, verb)
      const { at, text } = yield* needWord(reader, verb, "a tag")
      if (text === "") return yield* reader.refuseAt(at, "the tag is empty")
      return { _tag: verb === "tag" ? "Tag" : "Untag", to, tag: text }
    })

const readResume: Read = (reader, kind) => {
  // Scripts send `resume` alone to the control socket to make a server accept connections again.
  if (reader.isAtEnd()) return Either.right(kind === "server" ? { _tag: "ResumeAccepting" } : { _tag: "Resume" })
  if (reader.take("accepting")) return Either.right({ _tag: "ResumeAccepting" })
  if (reader.take("reading")) return Either.right({ _tag: "Resume" })
  return Either.map(readRecipients(reader, false), (to) => ({ _tag: "Resume", to }))
}

const readEncoding: Read = (reader) =>
  Either.gen(function* () {
    reader.skipBlanks()
    const to = reader.line[reader.at] === "@" ? yield* readRecipients(reader, false) : undefined
    const { at, text } = yield* needWord(reader, "encoding", "the name of an encoding, such as encoding gbk")
    if (text === "") return yield* reader.refuseAt(at, "the name of the encoding is empty")
    const direction = takeOne(reader, ["in", "out", "both"] as const)
    return {
      _tag: "SetEncoding",
      encoding: text,
      ...(to === undefined ? {} : { to }),
      ...(direction === undefined ? {} : { direction }),
    }
  })

const readMacro: Read = (reader) =>
  Either.gen(function* () {
    const name = yield* needName(reader, "macro")
    const { payload, to } = yield* readSending(reader, { to: true, keys: [], actions: [] })
    return { _tag: "SaveMacro", macro: { name, payload, ...(to === undefined ? {} : { to: to.text }) } }
  })

const needName = (reader: LineReader, verb: string): Parsed<string> =>
  Either.flatMap(needWord(reader, verb, "a name"), ({ at, text }) =>
    text === "" ? reader.refuseAt(at, "the name is empty") : Either.right(text),
  )

const readBroadcast: Read = (reader) => {
  reader.skipBlanks()
  return reader.line[reader.at] === "@"
    ? reader.refuseAt(
        reader.at,
        "broadcast sends to every client",
        "Use send for recipients. Write -- before a content that begins with @.",
      )
    : Either.map(readSending(reader, { to: false, keys: [], actions: [] }), ({ payload }) => ({
        _tag: "Broadcast",
        payload,
      }))
}

const alone =
  (command: Command): Read =>
  () =>
    Either.right(command)

const reads: Readonly<Record<string, Read>> = {
  listen: (reader) => Either.map(readEndpoint(reader, "listen"), (endpoint) => ({ _tag: "Listen", endpoint })),
  stop: readStop,
  connect: readConnect,
  disconnect: (reader) => {
    const how = takeOne(reader, ["close", "reset"] as const)
    return Either.right({ _tag: "Disconnect", ...(how === undefined ? {} : { how }) })
  },
  send: (reader) =>
    Either.map(readSending(reader, { to: true, keys: [], actions: [] }), ({ payload, to }) => ({
      _tag: "Send",
      payload,
      ...toOf(to),
    })),
  broadcast: readBroadcast,
  repeat: readRepeat,
  cancel: readCancel,
  rename: (reader) =>
    Either.gen(function* () {
      const to = yield* needRecipients(reader, "rename")
      const name = yield* needWord(reader, "rename", 'a name, or "" to remove the name')
      return { _tag: "Rename", to, name: name.text }
    }),
  tag: readTagging("tag"),
  untag: readTagging("untag"),
  kick: readKick,
  reset: (reader) => Either.map(anyRecipients(reader), (to) => ({ _tag: "Reset", ...to })),
  "half-close": (reader) => Either.map(anyRecipients(reader), (to) => ({ _tag: "HalfClose", ...to })),
  pause: (reader) => Either.map(anyRecipients(reader), (to) => ({ _tag: "Pause", ...to })),
  resume: readResume,
  encoding: readEncoding,
  rule: (reader) => Either.map(readRule(reader), (rule) => ({ _tag: "AddRule", rule })),
  unrule: (reader) => Either.map(needName(reader, "unrule"), (name) => ({ _tag: "RemoveRule", name })),
  macro: readMacro,
  unmacro: (reader) => Either.map(needName(reader, "unmacro"), (name) => ({ _tag: "RemoveMacro", name })),
  run: (reader) =>
    Either.gen(function* () {
      const name = yield* needName(reader, "run")
      return { _tag: "RunMacro", name, ...(yield* anyRecipients(reader)) }
    }),
  suspend: alone({ _tag: "SuspendAccepting" }),
  clear: alone({ _tag: "ClearLog" }),
  reload: alone({ _tag: "Reload" }),
  drain: alone({ _tag: "Drain" }),
  quit: alone({ _tag: "Quit" }),
}
