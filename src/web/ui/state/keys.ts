import { choose, currentModel, tabs } from "./workspace.ts"

/** The actions of the keys that work in the whole page. */
export interface KeyActions {
  readonly listenOrConnect: () => void
  readonly openCommand: () => void
  readonly openKeys: () => void
  readonly follow: () => void
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement

const focusOn = (id: string): void => {
  const element = document.getElementById(id)
  element?.focus()
  if (element instanceof HTMLInputElement) element.select()
}

/** Handles the keys of the page. An open dialog has its own keys. */
export const listenToKeys = (actions: KeyActions): void => {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !isWriting(event.target)
    const key = event.key.toLowerCase()
    if (event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code)) {
      const tab = tabs.value?.[Number(event.code.slice(5)) - 1]
      if (tab === undefined) return
      choose(tab.tab)
    } else if (command && key === "k") actions.openCommand()
    else if (command && key === "l") actions.listenOrConnect()
    else if (command && key === "enter" && currentModel.value !== undefined) focusOn("message")
    else if (plain && event.key === "/") focusOn("log-filter")
    else if (plain && event.key === "?") actions.openKeys()
    else if (plain && event.key === "End") actions.follow()
    else return
    event.preventDefault()
  })
}
