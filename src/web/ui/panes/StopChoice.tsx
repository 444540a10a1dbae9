import { useLayoutEffect, useRef } from "preact/hooks"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { perform } from "./perform.ts"

/** Stops listening on one or all endpoints. If clients are connected, the user first chooses what happens to them. */
export const stopListening = (model: WindowModel, endpoint?: string): void => {
  const target = endpoint === undefined ? {} : { endpoint }
  if ((model.server.value?.clients ?? 0) > 0) model.choosing.value = target
  else perform(model, { _tag: "StopListening", ...target })
}

/** Asks whether the connected clients are kept, closed or reset when the server stops listening. */
export const StopChoice = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const target = model.choosing.value ?? {}
  const clients = model.server.value?.clients ?? 0
  const first = useRef<HTMLButtonElement>(null)
  // The focus moves to the question, and back to the button when the question disappears.
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
  const { endpoint } = target
  const question = endpoint === undefined ? w.stopWithClients(clients) : w.stopOneWithClients(clients, endpoint)
  // The page does not know how many of the clients belong to the endpoint.
  const count = endpoint === undefined ? clients : 2
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset needs a legend in addition to the question.
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
        {w.keepClients(count)}
      </button>
      <button type="button" onClick={choose("close")}>
        {w.closeClients(count)}
      </button>
      <button type="button" class="danger" onClick={choose("reset")}>
        {w.resetClients(count)}
      </button>
      <button type="button" class="quiet" onClick={close}>
        {w.cancel}
      </button>
    </div>
  )
}
