import { useSignal } from "@preact/signals"
import { everyone } from "../../../domain/assistant/Recipients.ts"
import type { Macro } from "../../../domain/assistant/Rule.ts"
import type { Trouble } from "../link/ask.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { fillDraft, specOf } from "../state/Draft.ts"
import { toast } from "../state/toasts.ts"
import { tell, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"
import { ProjectFile } from "./ProjectFile.tsx"
import { tellOrToast } from "./perform.ts"
import { recipientsOfText } from "./recipients.ts"
import { troubleOfDraft } from "./sending.ts"

/** Sends a macro to its recipients. If the macro names none, it goes to the recipients of the send box. */
const run = (model: WindowModel, macro: Macro): void => {
  if (model.kind === "client" || macro.to !== undefined) {
    tellOrToast(model, { _tag: "RunMacro", name: macro.name })
    return
  }
  recipientsOfText(model.to.value, (to) => {
    if (to.ok) tellOrToast(model, { _tag: "RunMacro", name: macro.name, to: to.value ?? everyone })
    else toast(troubleText(to.trouble).what, "problem")
    return undefined
  })
}

/** The macros. A click sends a macro, and the send box makes a new one. */
export const MacroPanel = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const name = useSignal("")
  const trouble = useSignal<Trouble | undefined>(undefined)
  const macros = model.state.value?.macros ?? []
  return (
    <div class="panel">
      {macros.length === 0 && <p class="teach">{w.macrosEmpty}</p>}
      <ul class="cards">
        {macros.map((macro) => (
          <li class="card" key={macro.name}>
            <div class="card-head">
              <b title={macro.name}>{macro.name}</b>
              {macro.to !== undefined && <span class="pill">{macro.to}</span>}
              <span class="spring" />
              <button type="button" onClick={() => run(model, macro)}>
                {w.run}
              </button>
              <IconButton
                icon="edit"
                label={w.load}
                onClick={() => {
                  fillDraft(model.draft, macro.payload)
                  name.value = macro.name
                }}
              />
              <IconButton
                icon="trash"
                label={`${w.remove}: ${macro.name}`}
                onClick={() => tellOrToast(model, { _tag: "RemoveMacro", name: macro.name })}
              />
            </div>
            <code class="one-line" title={macro.payload.content}>
              {macro.payload.form === "text" ? "" : `${macro.payload.form} `}
              {macro.payload.content}
            </code>
          </li>
        ))}
      </ul>
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (name.value.trim() === "") {
            trouble.value = { reason: "value", message: w.badName }
            return
          }
          trouble.value = troubleOfDraft(model.draft)
          if (trouble.value !== undefined) return
          tell(
            model,
            { _tag: "SaveMacro", macro: { name: name.value.trim(), payload: specOf(model.draft) } },
            (answer) => {
              trouble.value = answer.ok ? undefined : answer.trouble
              if (answer.ok) name.value = ""
            },
          )
        }}
      >
        <label class="inline grow">
          {w.macroName}
          <input
            value={name.value}
            spellcheck={false}
            onInput={(event) => {
              name.value = event.currentTarget.value
            }}
          />
        </label>
        <button type="submit">{w.saveMacro}</button>
      </form>
      <TroubleLine trouble={trouble.value} />
      <ProjectFile model={model} />
    </div>
  )
}
