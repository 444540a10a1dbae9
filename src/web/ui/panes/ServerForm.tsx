import { useComputed, useSignalEffect } from "@preact/signals"
import { link } from "../link/client.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { Menu } from "../parts/Menu.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import type { WindowModel } from "../state/WindowModel.ts"
import { about, addresses, readAddresses } from "../state/workspace.ts"
import { words } from "../words/index.ts"
import { AddEndpoint, Endpoints } from "./Endpoints.tsx"
import { endpointOf, partsOf, portOf } from "./endpointFields.ts"
import { PortField } from "./PortField.tsx"
import { perform, tellOrToast } from "./perform.ts"
import { StatusUnknown } from "./StatusUnknown.tsx"
import { StopChoice, stopListening } from "./StopChoice.tsx"
import { useSlow } from "./useSlow.ts"

const other = "other"

/** Whether the user enters the address, instead of choosing one from the list. */
const isOther = (model: WindowModel): boolean =>
  addresses.value.length > 0 && !addresses.value.some((address) => address.address === model.address.value)

/** Listens with the values of the fields. The form shows the reason of a refusal. */
export const listen = (model: WindowModel): void => {
  const w = words.value
  const whole = isOther(model)
  const port = portOf(model.port.value, 0)
  if (!whole && port === undefined) {
    model.formTrouble.value = { reason: "value", message: w.badPort, field: "port" }
    return
  }
  if (model.address.value.trim() === "") {
    model.formTrouble.value = { reason: "value", message: w.noAddress, field: "endpoint" }
    return
  }
  perform(model, {
    _tag: "Listen",
    endpoint: whole ? model.address.value.trim() : endpointOf(model.address.value, port ?? 0),
  })
}

const AddressField = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const state = model.server.value
  const locked = state?.listening !== "idle" || model.formBusy.value
  // While the field for a further endpoint is open, the error belongs to that field.
  const fault = model.further.value === undefined ? model.formTrouble.value?.field : undefined
  const byHand = isOther(model)
  const describe = fault === undefined ? undefined : "form-trouble"
  if (byHand) {
    return (
      <label class="field grow">
        {w.endpoint}
        <span class="joined">
          <input
            value={model.address.value === other ? "" : model.address.value}
            placeholder={w.endpointHint}
            disabled={locked}
            aria-invalid={fault === "endpoint" || fault === "port"}
            aria-describedby={describe}
            onInput={(event) => {
              model.address.value = event.currentTarget.value
            }}
          />
          <IconButton
            icon="cross"
            label={w.backToList}
            disabled={locked}
            onClick={() => {
              model.address.value = addresses.value[0]?.address ?? "127.0.0.1"
            }}
          />
        </span>
      </label>
    )
  }
  return (
    <>
      <label class="field grow">
        {w.address}
        <select
          value={model.address.value}
          disabled={locked}
          aria-invalid={fault === "endpoint"}
          aria-describedby={describe}
          onFocus={readAddresses}
          onChange={(event) => {
            model.address.value = event.currentTarget.value === other ? "" : event.currentTarget.value
          }}
        >
          {addresses.value.map((address) => (
            <option key={address.address} value={address.address}>
              {address.name === ""
                ? `${address.address} · ${address.family === "ipv4" ? w.allIpv4 : w.allIpv6}`
                : `${address.address} · ${address.name}`}
            </option>
          ))}
          <option value={other}>{w.otherEndpoint}</option>
        </select>
      </label>
      <PortField model={model} disabled={locked} fault={fault === "port" || fault === "endpoint"} describe={describe} />
    </>
  )
}

const Status = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const state = model.server.value
  if (state === undefined) return null
  const listening = state.listening === "listening"
  const [endpoint, ...others] = state.endpoints
  const where = others.length > 0 ? w.listeningOnMany(state.endpoints.length) : w.listeningOn(endpoint ?? "")
  if (link.value === "down") return <StatusUnknown />
  const text = state.listening === "trying" ? w.starting : listening ? where : w.idle
  return (
    <div class="status" role="status">
      <span class="status-now">
        <span class={`dot ${listening ? (state.accepting === "yes" ? "dot-good" : "dot-wait") : "dot-off"}`} />
        <span class="status-text" title={text}>
          {text}
        </span>
      </span>
      {state.accepting === "suspended" && <span class="pill pill-wait">{w.suspended}</span>}
      {state.accepting === "draining" && <span class="pill pill-wait">{w.draining}</span>}
      {state.tls && <span class="pill pill-good">{w.tls}</span>}
      <span class="pill wide-only" title={w.framing}>
        {w.framing}: {state.framing}
      </span>
      {state.mode !== "console" && (
        <span class="pill" title={w.mode}>
          {w.mode}: {state.mode}
        </span>
      )}
      {state.refused > 0 && <span class="pill pill-wait">{w.refusedCount(state.refused)}</span>}
    </div>
  )
}

/** Shows the first endpoint of the server in the locked fields. Another page or the command may have chosen the endpoint. */
const showEndpoint = (model: WindowModel, endpoints: ReadonlyArray<string>): void => {
  const [endpoint] = endpoints
  if (endpoint === undefined || addresses.value.length === 0) return
  const parts = partsOf(endpoint)
  const isListed = parts !== undefined && addresses.value.some(({ address }) => address === parts.address)
  model.address.value = isListed ? parts.address : endpoint
  if (isListed) model.port.value = parts.port
}

/** The form of a server window. Its controls show the state of the server, not the last command. */
export const ServerForm = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const state = model.server.value
  const busy = useComputed(() => model.formBusy.value || model.server.value?.listening === "trying")
  const slow = useSlow(busy)
  useSignalEffect(() => {
    const state = model.server.value
    if (state?.listening === "listening") showEndpoint(model, state.endpoints)
  })
  // During traffic, a new state arrives ten times a second. Only a change of this part can remove the error.
  const isListening = useComputed(() => model.server.value?.listening === "listening")
  useSignalEffect(() => {
    if (!isListening.value) {
      model.choosing.value = undefined
      model.further.value = undefined
    } else if (!model.formBusy.peek()) model.formTrouble.value = undefined
  })
  if (state === undefined) return <section class="form" aria-label={w.listening} aria-busy="true" />
  const listening = state.listening === "listening"
  return (
    <section class="form" aria-label={w.listening}>
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          if (listening) stopListening(model)
          else listen(model)
        }}
      >
        <AddressField model={model} />
        <button
          type="submit"
          class={listening ? "main stop" : "main"}
          disabled={busy.value || link.value === "down"}
          aria-keyshortcuts="Control+L"
          title="Ctrl-L"
        >
          {slow.value && <span class="spinner" />}
          {busy.value && !listening ? w.starting : listening ? w.stopListening : w.startListening}
        </button>
        <Status model={model} />
        {listening && <AddEndpoint model={model} />}
        <Menu label={w.more} icon="more">
          {state.accepting === "suspended" ? (
            <button type="button" onClick={() => tellOrToast(model, { _tag: "ResumeAccepting" })}>
              {w.resumeAccepting}
            </button>
          ) : (
            <button type="button" onClick={() => tellOrToast(model, { _tag: "SuspendAccepting" })}>
              {w.suspend}
            </button>
          )}
          {about.value?.attachedTo === "serve" && (
            <>
              <button type="button" onClick={() => tellOrToast(model, { _tag: "Reload" })}>
                {w.reload}
              </button>
              <button type="button" onClick={() => tellOrToast(model, { _tag: "Drain" })}>
                {w.drain}
              </button>
            </>
          )}
        </Menu>
      </form>
      {listening && <Endpoints model={model} />}
      {model.choosing.value !== undefined && <StopChoice model={model} />}
      <TroubleLine id="form-trouble" trouble={model.formTrouble.value ?? state.problem} />
    </section>
  )
}
