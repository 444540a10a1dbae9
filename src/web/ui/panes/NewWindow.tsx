import { type Signal, useSignal } from "@preact/signals"
import type { WindowSettings } from "../../../domain/assistant/WindowSettings.ts"
import type { Tab } from "../../api/Api.ts"
import type { Trouble } from "../link/ask.ts"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { words } from "../words/index.ts"
import { Sheet } from "./Sheet.tsx"
import { openWindow } from "./windows.ts"

/** The settings that have a text field. */
type Field = keyof WindowSettings

const fieldsOf: Readonly<Record<Tab["kind"], ReadonlyArray<Field>>> = {
  server: ["frame", "maxFrame", "maxConns", "idleTimeout", "tlsCert", "tlsKey"],
  client: ["frame", "maxFrame", "connectTimeout", "idleTimeout", "tlsCa"],
}

const labelOf = (field: Field): string => {
  const w = words.value
  const labels: Readonly<Record<Field, string>> = {
    frame: w.settingFrame,
    maxFrame: w.maxFrame,
    maxConns: w.maxConns,
    idleTimeout: w.idleTimeout,
    tlsCert: w.tlsCert,
    tlsKey: w.tlsKey,
    connectTimeout: w.connectTimeout,
    tlsCa: w.tlsCa,
  }
  return labels[field]
}

const hintOf = (field: Field): string => {
  const w = words.value
  switch (field) {
    case "frame":
      return "line, len:u16be"
    case "maxFrame":
      return "1MiB"
    case "connectTimeout":
      return "10s"
    case "tlsKey":
      return w.tlsKeyHint
    case "tlsCa":
      return w.tlsCaHint
    case "tlsCert":
      return "cert.pem"
    default:
      return w.noLimit
  }
}

const Setting = ({
  field,
  settings,
  trouble,
}: {
  readonly field: Field
  readonly settings: Signal<WindowSettings>
  readonly trouble: Signal<Trouble | undefined>
}) => {
  const isFault = trouble.value?.field === field
  return (
    <div class="setting">
      <label class="field">
        {labelOf(field)}
        <input
          value={settings.value[field] ?? ""}
          placeholder={hintOf(field)}
          spellcheck={false}
          autocapitalize="off"
          aria-invalid={isFault}
          aria-describedby={isFault ? `trouble-${field}` : undefined}
          onInput={(event) => {
            settings.value = { ...settings.value, [field]: event.currentTarget.value }
          }}
        />
      </label>
      {isFault && <TroubleLine id={`trouble-${field}`} trouble={trouble.value} />}
    </div>
  )
}

/** The dialog that opens a window with its own settings. The reason of a refusal appears at the field. */
export const NewWindow = ({ close }: { readonly close: () => void }) => {
  const w = words.value
  const kind = useSignal<Tab["kind"]>("server")
  const settings = useSignal<WindowSettings>({})
  const trouble = useSignal<Trouble | undefined>(undefined)
  const fields = fieldsOf[kind.value]
  const open = (): void => {
    // A field of the other kind of window keeps its text, but the text is not a setting of this window.
    const given = Object.fromEntries(fields.map((field) => [field, settings.value[field]]))
    trouble.value = undefined
    openWindow(
      kind.value,
      given,
      (refused) => {
        trouble.value = refused
      },
      close,
    )
  }
  const isElsewhere = trouble.value !== undefined && !fields.some((field) => field === trouble.value?.field)
  return (
    <Sheet label={w.newWithSettings.replace("…", "")} close={close}>
      <form
        class="settings"
        onSubmit={(event) => {
          event.preventDefault()
          open()
        }}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame of its own. */}
        <span class="segments" role="group" aria-label={w.windowKind}>
          {(["server", "client"] as const).map((one) => (
            <button
              type="button"
              key={one}
              aria-pressed={kind.value === one}
              onClick={() => {
                kind.value = one
                trouble.value = undefined
              }}
            >
              {one === "server" ? w.serverWindow : w.clientWindow}
            </button>
          ))}
        </span>
        {fields.map((field) => (
          <Setting key={field} field={field} settings={settings} trouble={trouble} />
        ))}
        <p class="hint">{w.settingsHelp}</p>
        {isElsewhere && <TroubleLine trouble={trouble.value} />}
        <div class="sheet-foot">
          <button type="button" onClick={close}>
            {w.cancel}
          </button>
          <button type="submit" class="main">
            {w.openWindow}
          </button>
        </div>
      </form>
    </Sheet>
  )
}
