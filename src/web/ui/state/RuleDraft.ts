import { type Signal, signal } from "@preact/signals"
import type { Match, Rule, RuleAction } from "../../../domain/assistant/Rule.ts"
import { type Draft, makePassingDraft, specOf } from "./Draft.ts"

export const matchKinds = ["Contains", "Equals", "Starts", "Regex", "Hex"] as const satisfies ReadonlyArray<
  Match["_tag"]
>
export const actionKinds = ["Reply", "Close", "Reset", "Rename", "Tag"] as const satisfies ReadonlyArray<
  RuleAction["_tag"]
>

export interface ActionDraft {
  readonly key: number
  readonly kind: Signal<RuleAction["_tag"]>
  readonly payload: Draft
  /** The name or the tag. */
  readonly word: Signal<string>
}

/** The rule in the editor. */
export interface RuleDraft {
  /** The rule before the edit; `undefined` for a new rule. */
  readonly original: Rule | undefined
  readonly name: Signal<string>
  readonly kind: Signal<Match["_tag"]>
  readonly pattern: Signal<string>
  readonly ignoreCase: Signal<boolean>
  readonly from: Signal<string>
  readonly delay: Signal<string>
  readonly count: Signal<string>
  readonly actions: Signal<ReadonlyArray<ActionDraft>>
}

let keys = 0

export const makeAction = (action?: RuleAction): ActionDraft => {
  const payload = makePassingDraft(action?._tag === "Reply" ? action.payload : { form: "text", content: "" })
  return {
    key: keys++,
    kind: signal(action?._tag ?? "Reply"),
    payload,
    word: signal(action?._tag === "Rename" ? action.name : action?._tag === "Tag" ? action.tag : ""),
  }
}

/** The pattern of a match in its written form. */
export const patternOf = (match: Match): string =>
  match._tag === "Regex" ? match.source : match._tag === "Hex" ? match.pattern : match.text

export const makeRuleDraft = (rule: Rule | undefined, name: string): RuleDraft => ({
  original: rule,
  name: signal(rule?.name ?? name),
  kind: signal(rule?.match._tag ?? "Contains"),
  pattern: signal(rule === undefined ? "" : patternOf(rule.match)),
  ignoreCase: signal(rule?.match._tag === "Regex" ? (rule.match.ignoreCase ?? false) : false),
  from: signal(rule?.from ?? ""),
  delay: signal(rule?.delay?.toString() ?? ""),
  count: signal(rule?.count?.toString() ?? ""),
  actions: signal(rule === undefined ? [makeAction()] : rule.actions.map((action) => makeAction(action))),
})

export const matchOf = (draft: RuleDraft): Match => {
  const pattern = draft.pattern.value
  switch (draft.kind.value) {
    case "Regex":
      return { _tag: "Regex", source: pattern, ...(draft.ignoreCase.value ? { ignoreCase: true } : {}) }
    case "Hex":
      return { _tag: "Hex", pattern }
    case "Contains":
    case "Equals":
    case "Starts":
      return { _tag: draft.kind.value, text: pattern }
  }
}

const actionOf = (draft: ActionDraft): RuleAction => {
  switch (draft.kind.value) {
    case "Reply":
      return { _tag: "Reply", payload: specOf(draft.payload) }
    case "Rename":
      return { _tag: "Rename", name: draft.word.value.trim() }
    case "Tag":
      return { _tag: "Tag", tag: draft.word.value.trim() }
    case "Close":
    case "Reset":
      return { _tag: draft.kind.value }
  }
}

/** The first field with an invalid number, if any. */
export const wrongNumber = (draft: RuleDraft): "delay" | "count" | undefined => {
  const delay = draft.delay.value.trim()
  const count = draft.count.value.trim()
  if (delay !== "" && !(Number(delay) >= 0 && Number(delay) <= 86_400_000)) return "delay"
  return count === "" || /^[1-9]\d{0,8}$/.test(count) ? undefined : "count"
}

/** The current rule of a draft; `undefined` without an action. */
export const ruleOf = (draft: RuleDraft): Rule | undefined => {
  const [first, ...others] = draft.actions.value.map(actionOf)
  if (first === undefined) return undefined
  const delay = Number(draft.delay.value)
  const count = Number(draft.count.value)
  return {
    name: draft.name.value.trim(),
    match: matchOf(draft),
    ...(draft.from.value.trim() === "" ? {} : { from: draft.from.value.trim() }),
    ...(draft.delay.value.trim() === "" ? {} : { delay }),
    ...(draft.count.value.trim() === "" ? {} : { count }),
    actions: [first, ...others],
    ...(draft.original?.enabled === false ? { enabled: false } : {}),
  }
}
