import * as Schema from "effect/Schema"
import { PayloadSpec } from "./Payload.ts"

/** The condition that a received frame must meet before a rule acts on it. */
export const Match = Schema.Union(
  Schema.TaggedStruct("Contains", { text: Schema.String }),
  Schema.TaggedStruct("Equals", { text: Schema.String }),
  Schema.TaggedStruct("Starts", { text: Schema.String }),
  /** An RE2 regular expression for the decoded text. Its groups are the variables `${1}`, `${2}` … of the reply. */
  Schema.TaggedStruct("Regex", { source: Schema.String, ignoreCase: Schema.optional(Schema.Boolean) }),
  /**
   * The bytes of the frame in hex. `?` matches any digit, and `*` at the end matches all further bytes. Example: `78 78
   * ?? 01 *`.
   */
  Schema.TaggedStruct("Hex", { pattern: Schema.String }),
)
export type Match = typeof Match.Type

/** An action of a rule. */
export const RuleAction = Schema.Union(
  Schema.TaggedStruct("Reply", { payload: PayloadSpec }),
  Schema.TaggedStruct("Close", {}),
  Schema.TaggedStruct("Reset", {}),
  Schema.TaggedStruct("Rename", { name: Schema.String }),
  Schema.TaggedStruct("Tag", { tag: Schema.String }),
)
export type RuleAction = typeof RuleAction.Type

/** A rule that acts on received frames. Only the first rule that matches a frame acts on it. */
export const Rule = Schema.Struct({
  name: Schema.String,
  match: Match,
  /** The clients whose frames the rule checks, in the written form of recipients. Default `@all`. */
  from: Schema.optional(Schema.String),
  /** The delay before the actions, milliseconds. Default 0. */
  delay: Schema.optional(Schema.Number.pipe(Schema.between(0, 86_400_000))),
  /** The number of frames on which the rule acts. After that, the rule is inactive. Default: no limit. */
  count: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /** The actions, in order. */
  actions: Schema.NonEmptyArray(RuleAction),
  /** Default true. */
  enabled: Schema.optional(Schema.Boolean),
})
export type Rule = typeof Rule.Type

/** A named payload. */
export const Macro = Schema.Struct({
  name: Schema.String,
  payload: PayloadSpec,
  /** The recipients, in their written form, if the command that runs the macro names none. Default `@all`. */
  to: Schema.optional(Schema.String),
})
export type Macro = typeof Macro.Type
