import { useComputed, useSignal, useSignalEffect } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { ClientWindow } from "../../../domain/assistant/State.ts"
import { link } from "../link/client.ts"
import { sizeText } from "../parts/figures.ts"
import { Menu } from "../parts/Menu.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { tell, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { endpointOf, partsOf, portOf } from "./endpointFields.ts"
import { PortField } from "./PortField.tsx"
import { perform, tellOrToast } from "./perform.ts"
import { StatusUnknown } from "./StatusUnknown.tsx"
import { useSlow } from "./useSlow.ts"

/** Whether the window has a connection or an attempt to connect. The fields are locked then. */
export const isEngaged = (model: WindowModel): boolean =>
  model.client.value !== undefined && model.client.value.phase !== "disconnected"

/** Connects with the values of the fields. The form shows the reason of a refusal. */
export const connect = (model: WindowModel): void => {
  const w = words.value
  // A pasted endpoint includes the port.
  const pasted = partsOf(model.address.value.trim())
  if (pasted !== undefined) {
    model.address.value = pasted.address
    model.port.value = pasted.port
  }
  const address = model.address.value.trim()
  const isPath = address.startsWith("unix:") || address.startsWith("/")
  const port = portOf(model.port.value, 1)
  if (address === "") {
    model.formTrouble.value = { reason: "value", message: w.noAddress, field: "endpoint" }
    return
  }
  if (!isPath && port === undefined) {
    model.formTrouble.value = { reason: "value", message: w.badRemotePort, field: "port" }
    return
  }
  const serverName = model.serverName.value.trim()
  perform(model, {
    _tag: "Connect",
    endpoint: isPath ? address.replace(/^\//, "unix:/") : endpointOf(address, port ?? 0),
    options: {
      tls: model.tls.value,
      reconnect: model.reconnect.value,
      ...(model.tls.value ? { insecure: model.insecure.value } : {}),
      ...(model.tls.value && serverName !== "" ? { serverName } : {}),
    },
  })
}

/** Closes the connection, or ends the attempts to connect. */
export const disconnect = (model: WindowModel): void => {
  tell(model, { _tag: "Disconnect" }, (answer) => {
    model.formTrouble.value = answer.ok ? undefined : answer.trouble
  })
}

/** The seconds until the next attempt, as a countdown. */
const Countdown = ({ state }: { readonly state: ClientWindow }) => {
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now()
    }, 250)
    return () => clearInterval(timer)
  }, [now])
  const left = Math.max(0, Math.ceil(((state.retryAt ?? 0) - now.value) / 1000))
  return <span class="status-more">{words.value.reconnectIn(left, state.attempt)}</span>
}

const Status = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const state = model.client.value
  if (state === undefined) return null
  if (link.value === "down") return <StatusUnknown />
  const isAway = state.remote === undefined || state.phase === "disconnected"
  const text = isAway ? w.phase[state.phase] : `${w.phase[state.phase]} · ${state.remote}`
  const dot = state.phase === "connected" ? "dot-good" : state.phase === "disconnected" ? "dot-off" : "dot-wait"
  return (
    <div class="status" role="status">
      <span class="status-now">
        <span class={`dot ${dot}`} />
        <span class="status-text" title={text}>
          {text}
        </span>
      </span>
      {state.halfClosedBy !== undefined && (
        <span class="status-more">{state.halfClosedBy === "peer" ? w.halfClosedByPeer : w.halfClosedHere}</span>
      )}
      {state.phase === "reconnecting" && state.retryAt !== undefined && <Countdown state={state} />}
      {state.local !== undefined && (
        <span class="status-more">
          {w.localAddress} {state.local}
        </span>
      )}
      {state.paused && <span class="pill pill-wait">{w.readingPaused}</span>}
      {state.pending > 0 && <span class="pill">{w.pending(sizeText(state.pending))}</span>}
      {state.tls !== "" && (
        <span class="pill pill-good" title={state.tls}>
          {state.tls}
        </span>
      )}
      <span class="pill wide-only">
        {w.framing}: {state.framing}
      </span>
    </div>
  )
}

const Options = ({ model, locked }: { readonly model: WindowModel; readonly locked: boolean }) => {
  const w = words.value
  return (
    <div class="form-row form-options">
      <label class="check">
        <input
          type="checkbox"
          checked={model.reconnect.value}
          disabled={locked}
          onChange={(event) => {
            model.reconnect.value = event.currentTarget.checked
          }}
        />
        {w.reconnect}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={model.tls.value}
          disabled={locked}
          onChange={(event) => {
            model.tls.value = event.currentTarget.checked
          }}
        />
        {w.tlsUse}
      </label>
      {model.tls.value && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={model.insecure.value}
              disabled={locked}
              onChange={(event) => {
                model.insecure.value = event.currentTarget.checked
              }}
            />
            {w.tlsInsecure}
          </label>
          <label class="inline">
            {w.tlsName}
            <input
              value={model.serverName.value}
              placeholder={w.tlsNameHint}
              disabled={locked}
              onInput={(event) => {
                model.serverName.value = event.currentTarget.value
              }}
            />
          </label>
        </>
      )}
    </div>
  )
}

/** The form of a client window. Its fields are locked during a connection or an attempt to connect. */
export const ClientForm = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const state = model.client.value
  const trying = useComputed(() => {
    const phase = model.client.value?.phase
    return phase === "looking-up" || phase === "connecting" || phase === "closing"
  })
  const slow = useSlow(trying)
  // The connection may come from another page, or from this page before a reload. The fields then show its endpoint.
  useSignalEffect(() => {
    const current = model.client.value
    const parts = current?.endpoint === undefined ? undefined : partsOf(current.endpoint)
    if (current === undefined || current.phase === "disconnected" || parts === undefined) return
    model.address.value = parts.address
    model.port.value = parts.port
  })
  // If another page connects after an attempt of this page has failed, the error of that attempt disappears.
  const isAway = useComputed(() => (model.client.value?.phase ?? "disconnected") === "disconnected")
  useSignalEffect(() => {
    if (!isAway.value && !model.formBusy.peek()) model.formTrouble.value = undefined
  })
  if (state === undefined) return <section class="form" aria-label={w.connection} aria-busy="true" />
  const engaged = state.phase !== "disconnected"
  const fault = model.formTrouble.value?.field
  const connected = state.phase === "connected" || state.phase === "half-closed"
  const describe = (model.formTrouble.value ?? state.problem) === undefined ? undefined : "form-trouble"
  return (
    <section class="form" aria-label={w.connection}>
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          if (engaged) disconnect(model)
          else connect(model)
        }}
      >
        <label class="field grow">
          {w.remoteAddress}
          <input
            value={model.address.value}
            disabled={engaged}
            spellcheck={false}
            autocapitalize="off"
            aria-invalid={fault === "endpoint"}
            aria-describedby={describe}
            onInput={(event) => {
              model.address.value = event.currentTarget.value
            }}
          />
        </label>
        <PortField
          model={model}
          disabled={engaged}
          fault={fault === "port" || fault === "endpoint"}
          describe={describe}
        />
        <button
          type="submit"
          class={engaged ? "main stop" : "main"}
          disabled={state.phase === "closing" || link.value === "down"}
          aria-keyshortcuts="Control+L"
          title="Ctrl-L"
        >
          {slow.value && <span class="spinner" />}
          {engaged ? w.disconnect : w.connect}
        </button>
        <Status model={model} />
        {connected && (
          <Menu label={w.more} icon="more">
            {state.paused ? (
              <button type="button" onClick={() => tellOrToast(model, { _tag: "Resume" })}>
                {w.resumeReading}
              </button>
            ) : (
              <button type="button" onClick={() => tellOrToast(model, { _tag: "Pause" })}>
                {w.pauseReading}
              </button>
            )}
            <button type="button" onClick={() => tellOrToast(model, { _tag: "HalfClose" })}>
              {w.halfClose}
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => tellOrToast(model, { _tag: "Disconnect", how: "reset" })}
            >
              {w.resetConnection}
            </button>
          </Menu>
        )}
      </form>
      <Options model={model} locked={engaged} />
      <TroubleLine id="form-trouble" trouble={engaged ? undefined : (model.formTrouble.value ?? state.problem)} />
    </section>
  )
}
