import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { Assistant, ConnectionId } from "../../../src/domain/index.ts"

/** Texts with many characters that have a meaning in the written form. */
export const trickyText: FastCheck.Arbitrary<string> = FastCheck.oneof(
  FastCheck.string({ unit: "binary", maxLength: 12 }),
  FastCheck.array(
    FastCheck.constantFrom(
      ..."\"'`\\/ @#!,;:=-.*?$|\t\n\r0a3{}[]",
      "then",
      " then close",
      "--",
      "text",
      "hex",
      "all",
      "to=",
      "content=",
      "${",
      "\\n",
      "中",
      "😀",
      "\ud800",
      "\u2028",
    ),
    { maxLength: 8 },
  ).map((parts) => parts.join("")),
)

const nonEmpty = trickyText.filter((text) => text !== "")

/** Words that are keywords somewhere. */
const word = FastCheck.oneof(
  nonEmpty,
  FastCheck.constantFrom(
    "plc-1",
    "all",
    "last",
    "3",
    "007",
    "keep",
    "reset",
    "in",
    "when",
    "on",
    "10.0.0.7",
    "::1",
    "tag:x",
  ),
)

const id = FastCheck.integer({ min: 1, max: 2 ** 31 }).map((number) => ConnectionId.make(number))

export const term: FastCheck.Arbitrary<Assistant.RecipientTerm> = FastCheck.oneof(
  FastCheck.constantFrom({ _tag: "All" } as const, { _tag: "Last" } as const),
  id.map((number) => ({ _tag: "Id", id: number }) as const),
  word.map((name) => ({ _tag: "Name", name }) as const),
  word.map((tag) => ({ _tag: "Tag", tag }) as const),
  FastCheck.constantFrom("10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1", "::ffff:10.0.0.0/104", "0.0.0.0/0").map(
    (range) => ({ _tag: "Network", range }) as const,
  ),
)

export const recipients: FastCheck.Arbitrary<Assistant.Recipients> = FastCheck.record({
  _tag: FastCheck.constant("Recipients" as const),
  some: FastCheck.tuple(term, FastCheck.array(term, { maxLength: 2 })).map(
    ([first, more]) => [first, ...more] as const,
  ),
  but: FastCheck.array(term, { maxLength: 2 }),
})

const offset = FastCheck.integer({ min: -1000, max: 1000 })

const checksum: FastCheck.Arbitrary<Assistant.ChecksumSpec> = FastCheck.record(
  {
    kind: FastCheck.constantFrom(
      "modbus",
      "CRC-16/XMODEM",
      "lrc",
      "crc:16,0x8005,ffff,0,ref",
      "crc: 8, 7, 0, 0, noref",
    ),
    order: FastCheck.constantFrom("big" as const, "little" as const),
    from: offset,
    to: offset,
    at: offset,
  },
  { requiredKeys: ["kind"] },
)

export const payload: FastCheck.Arbitrary<Assistant.PayloadSpec> = FastCheck.record(
  {
    form: FastCheck.constantFrom("text" as const, "hex" as const, "base64" as const, "file" as const),
    content: trickyText,
    escapes: FastCheck.boolean(),
    encoding: FastCheck.oneof(FastCheck.constant("gbk"), word),
    ending: FastCheck.constantFrom("none" as const, "lf" as const, "crlf" as const, "cr" as const),
    checksum,
  },
  { requiredKeys: ["form", "content"] },
)

const match: FastCheck.Arbitrary<Assistant.Match> = FastCheck.oneof(
  FastCheck.record({
    _tag: FastCheck.constantFrom("Contains" as const, "Equals" as const, "Starts" as const),
    text: trickyText,
  }),
  FastCheck.record(
    { _tag: FastCheck.constant("Regex" as const), source: trickyText, ignoreCase: FastCheck.constant(true as const) },
    { requiredKeys: ["_tag", "source"] },
  ),
  FastCheck.record({ _tag: FastCheck.constant("Hex" as const), pattern: trickyText }),
)

const action: FastCheck.Arbitrary<Assistant.RuleAction> = FastCheck.oneof(
  FastCheck.record({ _tag: FastCheck.constant("Reply" as const), payload }),
  FastCheck.constantFrom({ _tag: "Close" } as const, { _tag: "Reset" } as const),
  trickyText.map((name) => ({ _tag: "Rename", name }) as const),
  trickyText.map((tag) => ({ _tag: "Tag", tag }) as const),
)

const millis = FastCheck.oneof(
  FastCheck.integer({ min: 1, max: 86_400_000 }),
  FastCheck.double({ min: 1, max: 86_400_000, noNaN: true }),
)
const count = FastCheck.integer({ min: 1, max: 2 ** 31 })

export const rule = (writtenRecipients: FastCheck.Arbitrary<string>): FastCheck.Arbitrary<Assistant.Rule> =>
  FastCheck.record(
    {
      name: word,
      match,
      from: writtenRecipients,
      delay: FastCheck.oneof(
        millis,
        FastCheck.double({ min: 0, max: 2, noNaN: true }).map((value) => value || 0),
      ),
      count,
      actions: FastCheck.tuple(action, FastCheck.array(action, { maxLength: 2 })).map(
        ([first, more]) => [first, ...more] as const,
      ),
      enabled: FastCheck.boolean(),
    },
    { requiredKeys: ["name", "match", "actions"] },
  )

export const macro = (writtenRecipients: FastCheck.Arbitrary<string>): FastCheck.Arbitrary<Assistant.Macro> =>
  FastCheck.record({ name: word, payload, to: writtenRecipients }, { requiredKeys: ["name", "payload"] })

const connectOptions: FastCheck.Arbitrary<Assistant.ConnectOptions> = FastCheck.record(
  {
    tls: FastCheck.boolean(),
    insecure: FastCheck.boolean(),
    serverName: trickyText,
    reconnect: FastCheck.boolean(),
  },
  { requiredKeys: [] },
).filter((options) => Object.keys(options).length > 0)

const tagged = <const Tag extends string, Fields, Required extends keyof Fields>(
  tag: Tag,
  fields: { [Key in keyof Fields]: FastCheck.Arbitrary<Fields[Key]> },
  requiredKeys: Array<Required>,
) => FastCheck.record(fields, { requiredKeys }).map((values) => ({ _tag: tag, ...values }))

export const repeat = tagged("Repeat", { to: recipients, payload, interval: millis, count }, ["payload", "interval"])

const wellFormed = (text: string | undefined): boolean =>
  text === undefined || !/[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ""))

const soundPayload = (spec: Assistant.PayloadSpec): boolean =>
  Either.isRight(Assistant.checkPayload(spec)) && (spec.encoding ?? "gbk") === "gbk" && wellFormed(spec.content)

/** Contents of a project file: valid payloads, in texts that UTF-8 can encode. */
export const sound = {
  rule: (value: Assistant.Rule): boolean =>
    Either.isRight(Assistant.compileMatch(value.match)) &&
    Object.values(value.match).every((part) => typeof part !== "string" || wellFormed(part)) &&
    wellFormed(value.name) &&
    wellFormed(value.from) &&
    value.actions.every((one) =>
      one._tag === "Reply"
        ? soundPayload(one.payload)
        : one._tag === "Rename"
          ? wellFormed(one.name)
          : one._tag !== "Tag" || (one.tag !== "" && wellFormed(one.tag)),
    ),
  repeat: ({
    payload: spec,
    to,
  }: {
    readonly payload: Assistant.PayloadSpec
    readonly to?: Assistant.Recipients
  }): boolean => soundPayload(spec) && (to === undefined || wellFormed(Assistant.formatRecipients(to))),
  macro: (value: Assistant.Macro): boolean =>
    wellFormed(value.name) && wellFormed(value.to) && soundPayload(value.payload),
}

/** All commands. `format` writes the recipients that rules and macros store as text. */
export const command = (
  format: (recipients: Assistant.Recipients) => string,
): FastCheck.Arbitrary<Assistant.Command> => {
  const written = recipients.map(format)
  const endpoint = FastCheck.oneof(
    nonEmpty,
    FastCheck.constantFrom("127.0.0.1:9000", "[::1]:80", "9000", "unix:/run/x y.sock", "unix:@name", "fd:3", "keep"),
  )
  const to = recipients
  const some: ReadonlyArray<FastCheck.Arbitrary<Assistant.Command>> = [
    tagged("Listen", { endpoint }, ["endpoint"]),
    tagged(
      "StopListening",
      { endpoint, clients: FastCheck.constantFrom("keep" as const, "close" as const, "reset" as const) },
      [],
    ),
    tagged("Connect", { endpoint, options: connectOptions }, ["endpoint"]),
    tagged("Disconnect", { how: FastCheck.constantFrom("close" as const, "reset" as const) }, []),
    tagged("Send", { to, payload }, ["payload"]),
    tagged("Broadcast", { payload }, ["payload"]),
    repeat,
    tagged("Cancel", { repeat: FastCheck.integer({ min: 0, max: 1000 }) }, []),
    tagged("Rename", { to, name: trickyText }, ["to", "name"]),
    tagged("Tag", { to, tag: word }, ["to", "tag"]),
    tagged("Untag", { to, tag: word }, ["to", "tag"]),
    tagged("Kick", { to }, ["to"]),
    tagged("Reset", { to }, []),
    tagged("HalfClose", { to }, []),
    tagged("Pause", { to }, []),
    tagged("Resume", { to }, []),
    tagged(
      "SetEncoding",
      { to, encoding: word, direction: FastCheck.constantFrom("in" as const, "out" as const, "both" as const) },
      ["encoding"],
    ),
    tagged("AddRule", { rule: rule(written) }, ["rule"]),
    tagged("RemoveRule", { name: word }, ["name"]),
    tagged("SaveMacro", { macro: macro(written) }, ["macro"]),
    tagged("RemoveMacro", { name: word }, ["name"]),
    tagged("RunMacro", { name: word, to }, ["name"]),
    FastCheck.constantFrom(
      { _tag: "SuspendAccepting" } as const,
      { _tag: "ResumeAccepting" } as const,
      { _tag: "ClearLog" } as const,
      { _tag: "Reload" } as const,
      { _tag: "Drain" } as const,
      { _tag: "Quit" } as const,
    ),
  ]
  return FastCheck.oneof(...some)
}
