import { useComputed, useSignal, useSignalEffect } from "@preact/signals"
import { useRef } from "preact/hooks"
import type { LogExtent } from "../../../domain/assistant/Log.ts"
import { saveAddress } from "../link/address.ts"
import { ask } from "../link/ask.ts"
import { streamBufferSize, watch } from "../link/watch.ts"
import { Icon } from "../parts/Icon.tsx"
import { IconButton } from "../parts/IconButton.tsx"
import { Menu } from "../parts/Menu.tsx"
import { isOneOf } from "../state/kept.ts"
import { language } from "../state/preferences.ts"
import { filterDirections, filterKinds, filterOf, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { tellOrToast } from "./perform.ts"

/** The formats of a saved log, the same as in `AssistantLog.save`. */
const logFormats = ["text", "hex", "ndjson", "raw"] as const
const views = ["text", "hex", "mixed", "both"] as const
const isKind = isOneOf(filterKinds)
const isDirection = isOneOf(filterDirections)

/** The buttons that jump between the matches. They appear while the log shows all rows. */
const Finder = ({ model, show }: { readonly model: WindowModel; readonly show: (place: number) => void }) => {
  const w = words.value
  const extent = useSignal<LogExtent | undefined>(undefined)
  /** The ordinal of the current match. */
  const at = useSignal<number | undefined>(undefined)
  const stopJump = useRef(() => {})
  const condition = useComputed(() => JSON.stringify(filterOf(model, true)))
  useSignalEffect(() => {
    void condition.value
    at.value = undefined
    extent.value = undefined
    const filter = filterOf(model, true)
    if (filter === undefined || model.log.query.peek().trim() === "") return
    let stop = (): void => {}
    const timer = setTimeout(() => {
      stop = watch(
        (calls) => calls.Log({ tab: model.tab, filter }, { streamBufferSize }),
        (value) => {
          extent.value = value
        },
      )
    }, 150)
    return () => {
      clearTimeout(timer)
      stop()
      stopJump.current()
    }
  })
  const jump = (step: 1 | -1): void => {
    const found = extent.value
    const filter = filterOf(model, true)
    if (found === undefined || filter === undefined || found.next === found.first) return
    const start = at.value ?? (step === 1 ? found.first - 1 : found.next)
    const length = found.next - found.first
    const place = found.first + ((start + step - found.first + length) % length)
    at.value = place
    stopJump.current()
    stopJump.current = ask(
      (calls) => calls.Rows({ tab: model.tab, request: { filter, from: place, count: 1, view: "text" } }),
      (answer) => {
        const row = answer.ok ? answer.value[0] : undefined
        if (row !== undefined) show(row.row)
      },
    )
  }
  const count = extent.value === undefined ? 0 : extent.value.next - extent.value.first
  const position = at.value === undefined || extent.value === undefined ? 0 : at.value - extent.value.first + 1
  return (
    <span class="finder">
      <IconButton icon="up" label={w.previousMatch} disabled={count === 0} onClick={() => jump(-1)} />
      <IconButton icon="down" label={w.nextMatch} disabled={count === 0} onClick={() => jump(1)} />
      <span class="figures" role="status">
        {model.log.query.value.trim() === ""
          ? ""
          : extent.value?.complete === false && count === 0
            ? w.searching
            : w.matchOf(position, count)}
      </span>
    </span>
  )
}

const SaveMenu = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const filter = filterOf(model, model.log.only.value)
  const href = (format: (typeof logFormats)[number]): string =>
    saveAddress({
      tab: String(model.tab),
      format,
      language: language.value,
      ...(filter === undefined ? {} : { filter: JSON.stringify(filter) }),
    })
  return (
    <Menu label={w.save} icon="save">
      {logFormats.map((format) => (
        <a key={format} href={href(format)} download>
          {w.saveAs[format]}
        </a>
      ))}
    </Menu>
  )
}

/** The tools of the log: view, filter, search, save and clear. */
export const LogTools = ({
  model,
  extent,
  show,
}: {
  readonly model: WindowModel
  readonly extent: LogExtent | undefined
  readonly show: (place: number) => void
}) => {
  const w = words.value
  const { log } = model
  const viewNames = { text: w.viewText, hex: w.viewHex, mixed: w.viewMixed, both: w.viewBoth }
  const kindNames = { text: w.filterText, regex: w.filterRegex, hex: w.filterHex }
  const directionNames = {
    all: w.directionAll,
    received: w.directionReceived,
    sent: w.directionSent,
    announcement: w.directionAnnouncement,
  }
  const selected = model.selected.value.length
  const chosen = selected === 1 ? `#${model.selected.value[0]}` : w.onlyClients(selected)
  return (
    <div class="log-tools">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame of its own. */}
      <span class="segments" role="group" aria-label={w.view}>
        {views.map((view) => (
          <button
            type="button"
            key={view}
            aria-pressed={log.view.value === view}
            onClick={() => {
              log.view.value = view
            }}
          >
            {viewNames[view]}
          </button>
        ))}
      </span>
      <span class="joined grow filter-field">
        <input
          type="search"
          id="log-filter"
          aria-label={log.only.value ? w.filterHint : w.findHint}
          placeholder={log.only.value ? w.filterHint : w.findHint}
          aria-keyshortcuts="/"
          spellcheck={false}
          value={log.query.value}
          onInput={(event) => {
            log.query.value = event.currentTarget.value
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape" && log.query.value !== "") {
              log.query.value = ""
              event.stopPropagation()
            }
          }}
        />
        <select
          aria-label={w.filterKind}
          title={w.filterKind}
          value={log.kind.value}
          onChange={(event) => {
            if (isKind(event.currentTarget.value)) log.kind.value = event.currentTarget.value
          }}
        >
          {filterKinds.map((kind) => (
            <option key={kind} value={kind}>
              {kindNames[kind]}
            </option>
          ))}
        </select>
        <IconButton
          icon="filter"
          label={w.onlyMatches}
          pressed={log.only.value}
          onClick={() => {
            log.only.value = !log.only.value
          }}
        />
      </span>
      {!log.only.value && <Finder model={model} show={show} />}
      <select
        class="direction"
        aria-label={w.direction}
        title={w.direction}
        value={log.direction.value}
        onChange={(event) => {
          if (isDirection(event.currentTarget.value)) log.direction.value = event.currentTarget.value
        }}
      >
        {filterDirections.map((direction) => (
          <option key={direction} value={direction}>
            {directionNames[direction]}
          </option>
        ))}
      </select>
      {selected > 0 && (
        <button
          type="button"
          class="chip"
          title={w.clearFilter}
          aria-label={`${chosen}: ${w.clearFilter}`}
          onClick={() => {
            model.selected.value = []
            model.to.value = ""
          }}
        >
          <span class="chip-text">{chosen}</span>
          <Icon name="cross" />
        </button>
      )}
      <SaveMenu model={model} />
      <IconButton
        icon="trash"
        label={w.clearLog}
        disabled={extent === undefined || (extent.next === extent.first && extent.dropped === 0)}
        onClick={() => tellOrToast(model, { _tag: "ClearLog" })}
      />
    </div>
  )
}
