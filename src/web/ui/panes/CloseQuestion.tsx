import { useLayoutEffect, useRef } from "preact/hooks"
import type { Tab } from "../../api/Api.ts"
import { tabs } from "../state/workspace.ts"
import { words } from "../words/index.ts"
import { Sheet } from "./Sheet.tsx"
import { closeWindow, closing, windowTitle } from "./windows.ts"

const Question = ({ tab }: { readonly tab: Tab }) => {
  const w = words.value
  const cancel = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => cancel.current?.focus(), [])
  const close = (): void => {
    closing.value = undefined
  }
  return (
    <Sheet label={w.closeAsk(windowTitle(tab))} close={close}>
      <p>{tab.kind === "server" ? w.closeEndsServer : w.closeEndsClient}</p>
      <div class="sheet-foot">
        <button type="button" ref={cancel} onClick={close}>
          {w.cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            close()
            closeWindow(tab.tab)
          }}
        >
          {w.closeNow}
        </button>
      </div>
    </Sheet>
  )
}

/** Asks before the page closes a window that listens or has connections. The question disappears with the window. */
export const CloseQuestion = () => {
  const tab = tabs.value?.find((one) => one.tab === closing.value)
  return tab === undefined ? null : <Question key={tab.tab} tab={tab} />
}
