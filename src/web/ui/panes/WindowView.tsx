import { useEffect } from "preact/hooks"
import { Icon } from "../parts/Icon.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { type Panel, panels, type WindowModel, watchWindow } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { ClientForm } from "./ClientForm.tsx"
import { ClientList } from "./ClientList.tsx"
import { LogPane } from "./LogPane.tsx"
import { MacroPanel } from "./MacroPanel.tsx"
import { RatesPanel } from "./RatesPanel.tsx"
import { RulePanel } from "./RulePanel.tsx"
import { SendBox } from "./SendBox.tsx"
import { ServerForm } from "./ServerForm.tsx"

/** The panels of a window. A client window has no panel of clients. */
const panelsOf = (model: WindowModel): ReadonlyArray<Panel> =>
  model.kind === "server" ? panels : panels.filter((panel) => panel !== "peers")

const Side = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const names = { peers: w.clients, rules: w.rules, macros: w.macros, rates: w.rates }
  const shown = panelsOf(model)
  const panel = shown.includes(model.panel.value) ? model.panel.value : (shown[0] ?? "rules")
  const state = model.state.value
  const counts: Readonly<Record<Panel, number>> = {
    peers: model.server.value?.clients ?? 0,
    rules: state?.rules.filter((each) => each.rule.enabled ?? true).length ?? 0,
    macros: state?.macros.length ?? 0,
    rates: 0,
  }
  const select = (next: Panel): void => {
    model.panel.value = next
  }
  return (
    <aside
      class={model.drawer.value ? "side side-open" : "side"}
      aria-label={shown.map((each) => names[each]).join(", ")}
    >
      <div
        class="side-tabs"
        role="tablist"
        onKeyDown={(event) => {
          const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0
          const next = shown[(shown.indexOf(panel) + step + shown.length) % shown.length]
          if (step === 0 || next === undefined) return
          event.preventDefault()
          select(next)
          document.getElementById(`tab-${next}`)?.focus()
        }}
      >
        {shown.map((each) => (
          <button
            type="button"
            role="tab"
            key={each}
            id={`tab-${each}`}
            aria-selected={each === panel}
            aria-controls="side-panel"
            tabIndex={each === panel ? 0 : -1}
            onClick={() => select(each)}
          >
            {names[each]}
            {counts[each] > 0 && <span class="count">{counts[each]}</span>}
          </button>
        ))}
      </div>
      <div class="side-panel" id="side-panel" role="tabpanel" aria-labelledby={`tab-${panel}`}>
        {panel === "peers" && <ClientList model={model} />}
        {panel === "rules" && <RulePanel model={model} />}
        {panel === "macros" && <MacroPanel model={model} />}
        {panel === "rates" && <RatesPanel model={model} />}
      </div>
    </aside>
  )
}

/** One window: its form, its panels, its log and its send box. */
export const WindowView = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  useEffect(() => watchWindow(model), [model])
  if (model.lost.value !== undefined) {
    return (
      <main class="window">
        <TroubleLine trouble={{ ...model.lost.value, message: w.lostWindow }} />
      </main>
    )
  }
  return (
    <main class="window">
      {model.kind === "server" ? <ServerForm model={model} /> : <ClientForm model={model} />}
      <button
        type="button"
        class="quiet drawer-button"
        aria-expanded={model.drawer.value}
        onClick={() => {
          model.drawer.value = !model.drawer.value
        }}
      >
        <Icon name="people" />
        {model.drawer.value ? w.hidePanel : model.kind === "server" ? w.showClients : w.rules}
      </button>
      <div class="window-body">
        <Side model={model} />
        <LogPane model={model} />
      </div>
      <SendBox model={model} />
    </main>
  )
}
