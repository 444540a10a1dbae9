import { useLayoutEffect, useRef } from "preact/hooks"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { perform } from "./perform.ts"

/** Stops listening on one endpoint, or on all of them. With clients connected the user chooses first what happens to them. */
export const stopListening = (model: WindowModel, endpoint?: string): void => {
  const target = endpoint === undefined ? {} : { endpoint }
  if ((model.server.value?.clients ?? 0) > 0) model.choosing.value = target
  else perform(model, { _tag: "StopListening", ...target })
}

/** What happens to the connected clients when listening ends: a choice in place. */
export const StopChoice = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const target = model.choosing.value ?? {}
  const clients = model.server.value?.clients ?? 0
  const first = useRef<HTMLButtonElement>(null)
  // The focus goes to the choice, and back to the button that asked when the choice is gone.
  useLayoutEffect(() => {
    const asked = document.activeElement
    first.current?.focus()
    return () => {
      if (asked instanceof HTMLElement) asked.focus()
    }
  }, [])
  const close = (): void => {
    model.choosing.value = undefined
  }
  const choose = (fate: "keep" | "close" | "reset") => () => {
    close()
    perform(model, { _tag: "StopListening", ...target, clients: fate })
  }
  const question = target.endpoint === undefined ? w.stopWithClients(clients) : w.stopOneWithClients(target.endpoint)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend of its own beside the question.
    <div
      class="choice"
      role="group"
      aria-label={question}
      onKeyDown={(event) => {
        if (event.key === "Escape") close()
      }}
    >
      <span>{question}</span>
      <button type="button" ref={first} onClick={choose("keep")}>
        {w.keepClients}
      </button>
      <button type="button" onClick={choose("close")}>
        {w.closeClients}
      </button>
      <button type="button" class="danger" onClick={choose("reset")}>
        {w.resetClients}
      </button>
      <button type="button" class="quiet" onClick={close}>
        {w.cancel}
      </button>
    </div>
  )
}
