import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import type { ConnectionId } from "../../domain/index.ts"
import { entryRefused, nameRefused, tagRefused } from "./labels.ts"
import type { Payloads, PreparedPayload } from "./Payloads.ts"
import { refusal } from "./refusals.ts"
import { ruleMatcher } from "./ruleMatcher.ts"

// The maximum number of rules.
const mostRules = 1000
// Rules decode at most this many bytes of a frame as text: a rule is for messages, not for files.
const matchedBytes = 64 * 1024

/** An action that is ready to run. */
export type PreparedAction =
  | { readonly _tag: "Reply"; readonly payload: PreparedPayload }
  | Exclude<Assistant.RuleAction, { readonly _tag: "Reply" }>

/** A rule that is ready to match frames. */
export interface PreparedRule {
  readonly rule: Assistant.Rule
  readonly actions: ReadonlyArray<PreparedAction>
  readonly matches: Assistant.FrameMatcher
  /** The clients whose frames the rule tests; `undefined` means every client. */
  readonly from: Assistant.Recipients | undefined
  acted: number
  problem: string | undefined
}

/** A rule that acts on a frame, the frame, and the captures of its match. The frame is valid during the call only. */
export interface RuleHit {
  readonly rule: PreparedRule
  readonly captures: ReadonlyArray<string>
  readonly frame: Uint8Array
}

/** The rules of a window, in the order in which they are tested. */
export class RuleBook {
  private rules: ReadonlyArray<PreparedRule> = []
  private readonly payloads: Payloads
  private readonly onActed: () => void
  private readonly onChanged: () => void

  /** `onActed` is called when a rule acts, `onChanged` when a rule is added or removed or switches itself off. */
  constructor(payloads: Payloads, onActed: () => void, onChanged: () => void) {
    this.payloads = payloads
    this.onActed = onActed
    this.onChanged = onChanged
  }

  /** Whether no rule is enabled. */
  get isIdle(): boolean {
    return !this.rules.some(isEnabled)
  }

  get states(): ReadonlyArray<Assistant.RuleState> {
    return this.rules.map((one) => ({
      rule: isEnabled(one) || one.rule.enabled === false ? one.rule : { ...one.rule, enabled: false },
      acted: one.acted,
      ...(one.problem === undefined ? {} : { problem: one.problem }),
    }))
  }

  get all(): ReadonlyArray<Assistant.Rule> {
    return this.rules.map(({ rule }) => rule)
  }

  has(rule: PreparedRule): boolean {
    return this.rules.includes(rule)
  }

  /** Adds a rule. It replaces a rule of the same name. */
  add(rule: Assistant.Rule): Effect.Effect<void, Assistant.Refusal> {
    return Effect.flatMap(this.prepare(rule), (prepared) =>
      Effect.suspend(() => {
        const at = this.rules.findIndex((one) => one.rule.name === rule.name)
        if (at < 0 && this.rules.length >= mostRules) {
          return Effect.fail(refusal("limit", `there are ${mostRules} rules already`))
        }
        this.rules = at < 0 ? [...this.rules, prepared] : this.rules.with(at, prepared)
        this.onChanged()
        return Effect.void
      }),
    )
  }

  /** Prepares rules that will replace all existing ones. */
  prepareAll(rules: ReadonlyArray<Assistant.Rule>): Effect.Effect<ReadonlyArray<PreparedRule>, Assistant.Refusal> {
    return rules.length > mostRules
      ? refusal("limit", `${rules.length} rules are more than ${mostRules}`)
      : Effect.forEach(rules, (rule) => this.prepare(rule))
  }

  /** Replaces all rules. */
  replace(rules: ReadonlyArray<PreparedRule>): void {
    this.rules = rules
    this.onChanged()
  }

  /** Removes a rule. Returns whether a rule had this name. */
  remove(name: string): boolean {
    const rest = this.rules.filter((one) => one.rule.name !== name)
    const wasThere = rest.length < this.rules.length
    this.rules = rest
    if (wasThere) this.onChanged()
    return wasThere
  }

  /**
   * Finds the first rule that matches a frame, and counts the match as an action. `isFrom` returns whether recipients
   * include the client; `text` decodes a part of the frame.
   */
  find(
    frame: Uint8Array,
    isFrom: (recipients: Assistant.Recipients) => boolean,
    text: (bytes: Uint8Array) => string,
  ): RuleHit | undefined {
    let known: string | undefined
    const textOf = () => {
      known ??= text(frame.subarray(0, matchedBytes))
      return known
    }
    for (const rule of this.rules) {
      if (!isEnabled(rule) || (rule.from !== undefined && !isFrom(rule.from))) continue
      const captures = rule.matches(frame, textOf)
      if (captures === undefined) continue
      rule.acted++
      if (isEnabled(rule)) this.onActed()
      else this.onChanged()
      return { rule, captures, frame }
    }
    return undefined
  }

  /** Records the problem that prevented a rule from acting. `undefined` clears it after the rule has acted. */
  setProblem(rule: PreparedRule, problem: string | undefined): void {
    if (rule.problem === problem) return
    rule.problem = problem
    this.onActed()
  }

  private prepare(rule: Assistant.Rule): Effect.Effect<PreparedRule, Assistant.Refusal> {
    return Effect.gen(this, function* () {
      const unnamed = entryRefused(rule.name, "rule")
      if (unnamed !== undefined) return yield* unnamed
      const from = rule.from === undefined ? undefined : yield* Assistant.parseRecipients(rule.from)
      const actions = yield* Effect.forEach(
        rule.actions,
        (action): Effect.Effect<PreparedAction, Assistant.Refusal> => {
          if (action._tag === "Reply") {
            return Effect.map(this.payloads.prepare(action.payload), (payload) => ({ _tag: "Reply", payload }))
          }
          const refused = actionRefused(action)
          return refused === undefined ? Effect.succeed(action) : Effect.fail(refused)
        },
      )
      return {
        rule,
        actions,
        matches: yield* ruleMatcher(rule.match),
        from: from !== undefined && Assistant.formatRecipients(from) === "@all" ? undefined : from,
        acted: 0,
        problem: undefined,
      }
    })
  }
}

/**
 * The reason why the name or tag of an action is always invalid. If a name or tag has captures, it can only be checked
 * when the rule acts.
 */
const actionRefused = (action: Assistant.RuleAction): Assistant.Refusal | undefined => {
  if (action._tag === "Tag" && !hasCaptures(action.tag)) return tagRefused(action.tag)
  return action._tag === "Rename" && !hasCaptures(action.name) ? nameRefused(action.name) : undefined
}

/** Whether a rule is enabled. A rule disables itself after its maximum number of actions. */
const isEnabled = ({ acted, rule }: PreparedRule): boolean =>
  rule.enabled !== false && (rule.count === undefined || acted < rule.count)

const hasCaptures = (text: string): boolean => withCaptures(text, []) !== text

/** A hit that stays valid after the call: it copies the bytes of the frame that the actions use. */
export const keptHit = ({ captures, frame, rule }: RuleHit): RuleHit => {
  const needed = rule.actions.map((action) => (action._tag === "Reply" ? action.payload.frameBytes : 0))
  return { rule, captures, frame: frame.slice(0, Math.max(0, ...needed)) }
}

/** Replaces `${0}`, `${1}` … in a name or tag by the captures of a match. */
export const withCaptures = (text: string, captures: ReadonlyArray<string>): string =>
  text.replace(/\$\{([0-9]{1,2})\}/g, (_all, number) => captures[Number(number)] ?? "")

/** Whether recipients include a client. */
export const isAmong = (
  recipients: Assistant.Recipients,
  entry: Assistant.RosterEntry,
  last: ConnectionId | undefined,
): boolean => Assistant.resolveRecipients(recipients, [entry], last).ids.length > 0
