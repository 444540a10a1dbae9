import { useSignal } from "@preact/signals"
import type { RuleState } from "../../../domain/assistant/State.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { makeRuleDraft, patternOf, type RuleDraft } from "../state/RuleDraft.ts"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"
import { ProjectFile } from "./ProjectFile.tsx"
import { tellOrToast } from "./perform.ts"
import { RuleEditor } from "./RuleEditor.tsx"

const Card = ({
  model,
  state,
  edit,
}: {
  readonly model: WindowModel
  readonly state: RuleState
  readonly edit: () => void
}) => {
  const w = words.value
  const { rule, acted, problem } = state
  const enabled = rule.enabled ?? true
  const actions = rule.actions.map((action) =>
    action._tag === "Reply" ? `${w.actionKinds.Reply} ${action.payload.content}` : w.actionKinds[action._tag],
  )
  return (
    <li class={`card${enabled ? "" : " card-off"}`}>
      <div class="card-head">
        <label class="check">
          <input
            type="checkbox"
            aria-label={w.ruleOn(rule.name)}
            checked={enabled}
            onChange={(event) =>
              tellOrToast(model, { _tag: "AddRule", rule: { ...rule, enabled: event.currentTarget.checked } })
            }
          />
          <b title={rule.name}>{rule.name}</b>
        </label>
        <span class="spring" />
        <span class="figures">{w.acted(acted)}</span>
        <IconButton icon="edit" label={`${w.editRule}: ${rule.name}`} onClick={edit} />
        <IconButton
          icon="trash"
          label={`${w.remove}: ${rule.name}`}
          onClick={() => tellOrToast(model, { _tag: "RemoveRule", name: rule.name })}
        />
      </div>
      <div class="one-line">
        {w.matchKinds[rule.match._tag]} <code>{patternOf(rule.match)}</code>
        {rule.from !== undefined && <span class="pill">{rule.from}</span>}
      </div>
      <div class="one-line" title={actions.join(", ")}>
        → {actions.join(", ")}
      </div>
      {problem !== undefined && <p class="trouble">{troubleText({ message: problem }).what}</p>}
    </li>
  )
}

const freeName = (rules: ReadonlyArray<RuleState>): string => {
  let number = rules.length + 1
  while (rules.some((state) => state.rule.name === `rule-${number}`)) number++
  return `rule-${number}`
}

/** The rules of a window. */
export const RulePanel = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const edited = useSignal<RuleDraft | undefined>(undefined)
  const rules = model.state.value?.rules ?? []
  if (edited.value !== undefined) {
    return (
      <div class="panel">
        <RuleEditor
          model={model}
          draft={edited.value}
          close={() => {
            edited.value = undefined
          }}
        />
      </div>
    )
  }
  return (
    <div class="panel">
      {rules.length === 0 && <p class="teach">{w.rulesEmpty}</p>}
      <ul class="cards">
        {rules.map((state) => (
          <Card
            key={state.rule.name}
            model={model}
            state={state}
            edit={() => {
              edited.value = makeRuleDraft(state.rule, state.rule.name)
            }}
          />
        ))}
      </ul>
      <button
        type="button"
        onClick={() => {
          edited.value = makeRuleDraft(undefined, freeName(rules))
        }}
      >
        {w.addRule}
      </button>
      <ProjectFile model={model} />
    </div>
  )
}
