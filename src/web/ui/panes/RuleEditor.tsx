import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import type { Trouble } from "../link/ask.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { PayloadFields } from "../parts/PayloadFields.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { isOneOf } from "../state/kept.ts"
import {
  type ActionDraft,
  actionKinds,
  makeAction,
  matchKinds,
  type RuleDraft,
  ruleOf,
  wrongNumber,
} from "../state/RuleDraft.ts"
import { tell, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { tellOrToast } from "./perform.ts"
import { RuleTest } from "./RuleTest.tsx"
import { troubleOfDraft } from "./sending.ts"

const isMatchKind = isOneOf(matchKinds)
const isActionKind = isOneOf(actionKinds)

const Action = ({ draft, remove }: { readonly draft: ActionDraft; readonly remove: (() => void) | undefined }) => {
  const w = words.value
  const kind = draft.kind.value
  return (
    <div class="action">
      <div class="card-head">
        <select
          aria-label={w.actionKind}
          value={kind}
          onChange={(event) => {
            if (isActionKind(event.currentTarget.value)) draft.kind.value = event.currentTarget.value
          }}
        >
          {actionKinds.map((each) => (
            <option key={each} value={each}>
              {w.actionKinds[each]}
            </option>
          ))}
        </select>
        {(kind === "Rename" || kind === "Tag") && (
          <input
            class="grow"
            aria-label={kind === "Tag" ? w.tag : w.name}
            value={draft.word.value}
            onInput={(event) => {
              draft.word.value = event.currentTarget.value
            }}
          />
        )}
        <span class="spring" />
        {remove !== undefined && <IconButton icon="trash" label={w.removeAction} onClick={remove} />}
      </div>
      {kind === "Reply" && (
        <>
          <textarea
            rows={2}
            aria-label={w.content}
            placeholder={w.replyHint}
            spellcheck={false}
            value={draft.payload.content.value}
            onInput={(event) => {
              draft.payload.content.value = event.currentTarget.value
            }}
          />
          <PayloadFields draft={draft.payload} />
        </>
      )}
    </div>
  )
}

/** The editor of a rule, with a test of its match. */
export const RuleEditor = ({
  model,
  draft,
  close,
}: {
  readonly model: WindowModel
  readonly draft: RuleDraft
  readonly close: () => void
}) => {
  const w = words.value
  const trouble = useSignal<Trouble | undefined>(undefined)
  const first = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => first.current?.focus(), [])
  const save = (): void => {
    const wrong = wrongNumber(draft)
    if (wrong !== undefined) {
      trouble.value = { reason: "value", message: wrong === "delay" ? w.badDelay : w.badTimes, field: wrong }
      return
    }
    for (const action of draft.actions.value) {
      const unsound = action.kind.value === "Reply" ? troubleOfDraft(action.payload) : undefined
      if (unsound !== undefined) {
        trouble.value = unsound
        return
      }
    }
    const rule = ruleOf(draft)
    if (rule === undefined) return
    if (rule.name === "") {
      trouble.value = { reason: "value", message: w.badName, field: "name" }
      return
    }
    tell(model, { _tag: "AddRule", rule }, (answer) => {
      if (!answer.ok) {
        trouble.value = answer.trouble
        return
      }
      const before = draft.original?.name
      if (before !== undefined && before !== rule.name) tellOrToast(model, { _tag: "RemoveRule", name: before })
      close()
    })
  }
  const text = (label: string, signal: RuleDraft["name"], hint = "", short = false) => (
    <label class="inline">
      {label}
      <input
        class={short ? "short" : "grow"}
        value={signal.value}
        placeholder={hint}
        spellcheck={false}
        onInput={(event) => {
          signal.value = event.currentTarget.value
        }}
      />
    </label>
  )
  return (
    <form
      class="rule-editor"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") close()
      }}
    >
      <label class="inline">
        {w.name}
        <input
          class="grow"
          ref={first}
          value={draft.name.value}
          spellcheck={false}
          onInput={(event) => {
            draft.name.value = event.currentTarget.value
          }}
        />
      </label>
      <label class="inline">
        {w.when}
        <select
          class="grow"
          value={draft.kind.value}
          onChange={(event) => {
            if (isMatchKind(event.currentTarget.value)) draft.kind.value = event.currentTarget.value
          }}
        >
          {matchKinds.map((kind) => (
            <option key={kind} value={kind}>
              {w.matchKinds[kind]}
            </option>
          ))}
        </select>
      </label>
      <input
        class="mono"
        aria-label={w.pattern}
        placeholder={draft.kind.value === "Hex" ? w.hexPatternHint : w.pattern}
        spellcheck={false}
        value={draft.pattern.value}
        onInput={(event) => {
          draft.pattern.value = event.currentTarget.value
        }}
      />
      {draft.kind.value === "Regex" && (
        <label class="check">
          <input
            type="checkbox"
            checked={draft.ignoreCase.value}
            onChange={(event) => {
              draft.ignoreCase.value = event.currentTarget.checked
            }}
          />
          {w.ignoreCase}
        </label>
      )}
      <RuleTest draft={draft} />
      <div class="inline-wrap">
        {model.kind === "server" && text(w.ruleFrom, draft.from, "@all")}
        {text(w.delay, draft.delay, "0", true)}
        {text(w.ruleCount, draft.count, w.timesHint, true)}
      </div>
      <b>{w.doThen}</b>
      {draft.actions.value.map((action) => (
        <Action
          key={action.key}
          draft={action}
          remove={
            draft.actions.value.length === 1
              ? undefined
              : () => {
                  draft.actions.value = draft.actions.value.filter((other) => other !== action)
                }
          }
        />
      ))}
      <button
        type="button"
        class="quiet"
        onClick={() => {
          draft.actions.value = [...draft.actions.value, makeAction()]
        }}
      >
        {w.addAction}
      </button>
      <TroubleLine trouble={trouble.value} />
      <div class="card-head">
        <button type="submit" class="main">
          {w.saveRule}
        </button>
        <button type="button" class="quiet" onClick={close}>
          {w.cancel}
        </button>
      </div>
    </form>
  )
}
