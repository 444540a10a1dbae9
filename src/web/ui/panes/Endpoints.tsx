import { useLayoutEffect, useRef } from "preact/hooks"
import { Icon } from "../parts/Icon.tsx"
import { IconButton } from "../parts/IconButton.tsx"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { perform } from "./perform.ts"
import { stopListening } from "./StopChoice.tsx"

/** The field for a further endpoint. Escape closes the field. */
const FurtherEndpoint = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  const close = (): void => {
    model.further.value = undefined
    model.formTrouble.value = undefined
  }
  const trouble = model.formTrouble.value
  return (
    <form
      class="inline-form further"
      onSubmit={(event) => {
        event.preventDefault()
        const endpoint = (model.further.value ?? "").trim()
        if (endpoint === "") {
          model.formTrouble.value = { reason: "value", message: w.noAddress, field: "endpoint" }
        } else {
          perform(model, { _tag: "Listen", endpoint }, () => {
            model.further.value = undefined
          })
        }
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") close()
      }}
    >
      <input
        ref={field}
        aria-label={w.addEndpoint}
        placeholder={w.endpointHint}
        spellcheck={false}
        autocapitalize="off"
        value={model.further.value}
        aria-invalid={trouble?.field === "endpoint" || trouble?.field === "port"}
        aria-describedby={trouble === undefined ? undefined : "form-trouble"}
        onInput={(event) => {
          model.further.value = event.currentTarget.value
        }}
      />
      <button type="submit" class="main" disabled={model.formBusy.value}>
        {w.listen}
      </button>
      <button type="button" class="quiet" onClick={close}>
        {w.cancel}
      </button>
    </form>
  )
}

/** The button that opens the field for a further endpoint. */
export const AddEndpoint = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const opener = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  const isOpen = model.further.value !== undefined
  // The focus returns to the button when the field closes.
  useLayoutEffect(() => {
    if (wasOpen.current && !isOpen) opener.current?.focus()
    wasOpen.current = isOpen
  }, [isOpen])
  return (
    <button
      type="button"
      class="quiet"
      ref={opener}
      aria-label={w.addEndpoint}
      title={w.addEndpoint}
      disabled={isOpen}
      onClick={() => {
        model.formTrouble.value = undefined
        model.further.value = ""
      }}
    >
      <Icon name="plus" />
      <span class="wide-only">{w.addEndpoint}</span>
    </button>
  )
}

/** The list of the endpoints, if the server listens on several, and the field for a further endpoint. */
export const Endpoints = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const endpoints = model.server.value?.endpoints ?? []
  const isOpen = model.further.value !== undefined
  if (endpoints.length < 2 && !isOpen) return null
  return (
    <div class="form-row endpoints">
      {endpoints.length > 1 && (
        <ul class="endpoint-list" aria-label={w.endpoints}>
          {endpoints.map((endpoint) => (
            <li key={endpoint} class="endpoint">
              <span class="endpoint-text" title={endpoint}>
                {endpoint}
              </span>
              <IconButton
                icon="cross"
                label={w.stopOne(endpoint)}
                disabled={model.formBusy.value}
                onClick={() => stopListening(model, endpoint)}
              />
            </li>
          ))}
        </ul>
      )}
      {isOpen && <FurtherEndpoint model={model} />}
    </div>
  )
}
