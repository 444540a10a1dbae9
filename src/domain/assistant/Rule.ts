import * as Schema from "effect/Schema"
import { PayloadSpec } from "./Payload.ts"

/** What a received frame must be for a rule to act. */
export const Match = Schema.Union(
  Schema.TaggedStruct("Contains", { text: Schema.String }),
  Schema.TaggedStruct("Equals", { text: Schema.String }),
  Schema.TaggedStruct("Starts", { text: Schema.String }),
  /** A regular expression of RE2 over the decoded text. Its captures are the variables `${1}`, `${2}` … of the reply. */
  Schema.TaggedStruct("Regex", { source: Schema.String, ignoreCase: Schema.optional(Schema.Boolean) }),
  /** The bytes of the frame in hex; `?` is any digit, `*` at the end any rest. Example: `78 78 ?? 01 *`. */
  Schema.TaggedStruct("Hex", { pattern: Schema.String }),
)
export type Match = typeof Match.Type

/** What a rule does. */
export const RuleAction = Schema.Union(
  Schema.TaggedStruct("Reply", { payload: PayloadSpec }),
  Schema.TaggedStruct("Close", {}),
  Schema.TaggedStruct("Reset", {}),
  Schema.TaggedStruct("Rename", { name: Schema.String }),
  Schema.TaggedStruct("Tag", { tag: Schema.String }),
)
export type RuleAction = typeof RuleAction.Type

/** An automatic reply. The first rule that matches a frame acts; the others do not see the frame. */
export const Rule = Schema.Struct({
  name: Schema.String,
  match: Match,
  /** Clients that it listens to, in the written form of recipients. Default `@all`. */
  from: Schema.optional(Schema.String),
  /** How long it waits before it acts, milliseconds. Default 0. */
  delay: Schema.optional(Schema.Number.pipe(Schema.between(0, 86_400_000))),
  /** How many times it acts before it switches itself off. Default: no limit. */
  count: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /** What it does, in order. */
  actions: Schema.NonEmptyArray(RuleAction),
  /** Default true. */
  enabled: Schema.optional(Schema.Boolean),
})
export type Rule = typeof Rule.Type

/** A named payload. */
export const Macro = Schema.Struct({
  name: Schema.String,
  payload: PayloadSpec,
  /** Recipients in their written form. Default: those of the command that runs it, else `@all`. */
  to: Schema.optional(Schema.String),
})
export type Macro = typeof Macro.Type
