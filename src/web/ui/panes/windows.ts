import { signal } from "@preact/signals"
import type { WindowSettings } from "../../../domain/assistant/WindowSettings.ts"
import type { Tab } from "../../api/Api.ts"
import { ask, type Trouble } from "../link/ask.ts"
import { toast } from "../state/toasts.ts"
import { choose } from "../state/workspace.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"

const toastTrouble = (trouble: Trouble): void => toast(troubleText(trouble).what, "problem")

/** Opens a window and shows it. */
export const openWindow = (
  kind: Tab["kind"],
  settings: WindowSettings = {},
  onRefused: (trouble: Trouble) => void = toastTrouble,
  onOpened: () => void = () => {},
): void => {
  ask(
    (calls) => calls.OpenTab({ kind, settings }),
    (answer) => {
      if (!answer.ok) return onRefused(answer.trouble)
      choose(answer.value.tab)
      onOpened()
    },
  )
}

/** Closes a window. */
export const closeWindow = (tab: number): void => {
  ask(
    (calls) => calls.CloseTab({ tab }),
    (answer) => {
      if (!answer.ok) toastTrouble(answer.trouble)
    },
  )
}

/** The window that waits for a confirmation before it closes, because it listens or has connections. */
export const closing = signal<number | undefined>(undefined)

/** The name of a window: its kind, and its endpoint. */
export const windowTitle = (tab: Tab): string => {
  const kind = tab.kind === "server" ? words.value.serverWindow : words.value.clientWindow
  return tab.title === "" ? kind : `${kind} ${tab.title}`
}
