import { useSignal } from "@preact/signals"
import { ask, type Trouble } from "../link/ask.ts"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { toast } from "../state/toasts.ts"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"

/** Writes rules, repeats and macros into the project file. */
export const ProjectFile = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const trouble = useSignal<Trouble | undefined>(undefined)
  const state = model.state.value
  if (state === undefined || state.rules.length + state.macros.length === 0) return null
  return (
    <div class="project">
      <button
        type="button"
        class="quiet"
        onClick={() =>
          ask(
            (calls) => calls.SaveProject({}),
            (answer) => {
              trouble.value = answer.ok ? undefined : answer.trouble
              if (answer.ok) toast(w.savedProject(answer.value))
            },
          )
        }
      >
        {w.saveProject}
      </button>
      <TroubleLine trouble={trouble.value} />
    </div>
  )
}
