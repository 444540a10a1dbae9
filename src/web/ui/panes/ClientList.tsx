import { useComputed, useSignal, useSignalEffect } from "@preact/signals"
import { useEffect, useMemo, useRef } from "preact/hooks"
import type { ClientsPage, ClientsRequest } from "../../../domain/assistant/State.ts"
import type { ConnectionId } from "../../../domain/ConnectionId.ts"
import { ask } from "../link/ask.ts"
import { link } from "../link/client.ts"
import { makeLatest } from "../link/latest.ts"
import { CopyLine } from "../parts/CopyLine.tsx"
import { isOneOf } from "../state/kept.ts"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { ClientActions } from "./ClientActions.tsx"
import { ClientRowView, RemoteRowView } from "./ClientRowView.tsx"

/** The height of a client in the list, pixels. style/clients.css has the same value. */
const height = 48
const margin = 6
const sorts = ["id", "activity", "rate", "name"] as const
const isSort = isOneOf(sorts)
/** The clients of a page, and the place of the first client. */
type ShownPage = ClientsPage & { readonly from: number }
const empty: ShownPage = { matching: 0, total: 0, rows: [], remote: { matching: 0, total: 0, rows: [] }, from: 0 }

const NobodyYet = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const state = model.server.value
  const endpoint = state?.endpoints[0]
  if (state === undefined) return null
  if (endpoint === undefined) return <p class="teach">{w.startFirst}</p>
  const reachable = endpoint.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:")
  const parts = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(reachable)
  const target = parts === null ? reachable : `${parts[1] ?? parts[2]} ${parts[3]}`
  return (
    <div class="teach">
      <p>{w.nobodyYet}</p>
      <p>{w.fromTerminal}</p>
      <CopyLine text={`npx tcpfx connect ${state.tls ? "--tls " : ""}${target}`} />
    </div>
  )
}

/**
 * The connected clients. The list makes elements only for the visible clients, so 10 000 clients cost as much as 20. A selection
 * filters the log and sets `To`.
 */
export const ClientList = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const page = useSignal<ShownPage>(empty)
  const from = useSignal(0)
  const count = useSignal(20)
  const filter = useSignal("")
  const sort = useSignal<(typeof sorts)[number]>("id")
  const active = useSignal<ConnectionId | undefined>(undefined)
  const scroller = useRef<HTMLDivElement>(null)
  const latest = useMemo(
    () =>
      makeLatest<ClientsRequest>((request, done) =>
        ask(
          (calls) => calls.Clients({ tab: model.tab, request }),
          (answer) => {
            if (answer.ok) page.value = { ...answer.value, from: request.from }
            // A pause after each page keeps the numbers readable.
            setTimeout(done, 200)
          },
        ),
      ),
    [model, page],
  )
  useEffect(() => latest.stop, [latest])
  const version = useComputed(() => model.server.value?.clientsVersion)
  useSignalEffect(() => {
    if (version.value === undefined || link.value !== "up") return
    const text = filter.value.trim()
    latest.wish({
      ...(text === "" ? {} : { filter: text }),
      sort: sort.value,
      from: from.value,
      count: count.value,
    })
  })
  const measure = (): void => {
    const element = scroller.current
    if (element === null) return
    from.value = Math.max(0, Math.floor(element.scrollTop / height) - margin)
    count.value = Math.min(500, Math.ceil(element.clientHeight / height) + 2 * margin)
  }
  /** Scrolls the list until a place is visible. */
  const reveal = (place: number): void => {
    const element = scroller.current
    if (element === null) return
    const y = place * height
    if (y < element.scrollTop) element.scrollTop = y
    else if (y + height > element.scrollTop + element.clientHeight) {
      element.scrollTop = y + height - element.clientHeight
    }
  }
  const viewHeight = useRef(0)
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      // The commands below the list make it shorter. The list scrolls to keep the selected client visible.
      const { from: first, rows } = page.peek()
      const at = rows.findIndex((row) => row.id === active.peek())
      const y = (first + at) * height - element.scrollTop
      if (at !== -1 && y >= 0 && y < viewHeight.current) reveal(first + at)
      viewHeight.current = element.clientHeight
      measure()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const select = (ids: ReadonlyArray<ConnectionId>): void => {
    model.selected.value = ids
    model.to.value = ids.map((id) => `@${id}`).join(",")
  }
  const toggle = (id: ConnectionId, several: boolean): void => {
    const selected = model.selected.value
    active.value = id
    if (several) select(selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id])
    else select(selected.length === 1 && selected[0] === id ? [] : [id])
  }
  const keyed = (event: KeyboardEvent): void => {
    const { rows } = page.value
    const at = rows.findIndex((row) => row.id === active.value)
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    const next = step === 0 ? undefined : rows[at === -1 ? 0 : at + step]
    if (step !== 0) {
      if (next !== undefined) {
        active.value = next.id
        reveal(page.value.from + (at === -1 ? 0 : at + step))
      }
    } else if ((event.key === " " || event.key === "Enter") && active.value !== undefined) {
      toggle(active.value, event.key === " ")
    } else if (event.key === "Escape") select([])
    else return
    event.preventDefault()
  }
  const { from: first, rows, matching, remote, total } = page.value
  // The clients of other servers follow those of this server.
  const all = matching + remote.matching
  const after = all - first - rows.length - remote.rows.length
  const none = (model.server.value?.clients ?? 0) === 0 && total === 0 && remote.total === 0
  const sortNames = { id: w.sortId, activity: w.sortActivity, rate: w.sortRate, name: w.sortName }
  return (
    <div class="clients">
      <div class="clients-tools">
        <input
          type="search"
          aria-label={w.findClient}
          placeholder={w.findClient}
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value
            if (scroller.current !== null) scroller.current.scrollTop = 0
          }}
        />
        <select
          aria-label={w.sortBy}
          title={w.sortBy}
          value={sort.value}
          onChange={(event) => {
            if (isSort(event.currentTarget.value)) sort.value = event.currentTarget.value
          }}
        >
          {sorts.map((name) => (
            <option key={name} value={name}>
              {sortNames[name]}
            </option>
          ))}
        </select>
      </div>
      <button
        type="button"
        class="everyone"
        aria-pressed={model.selected.value.length === 0}
        onClick={() => select([])}
      >
        {w.everyone}
        <span class="count">
          {w.matchingOf(matching, total)}
          {remote.total > 0 && w.andOthers(remote.matching)}
        </span>
      </button>
      <div
        class="clients-scroll"
        ref={scroller}
        role="listbox"
        aria-label={w.clients}
        aria-multiselectable="true"
        aria-activedescendant={
          active.value !== undefined && rows.some((row) => row.id === active.value)
            ? `client-${active.value}`
            : undefined
        }
        tabIndex={0}
        onScroll={measure}
        onKeyDown={keyed}
        onClick={(event) => {
          const node = event.target instanceof Element ? event.target.closest("[data-id]") : null
          const row = rows.find((candidate) => `client-${candidate.id}` === node?.id)
          if (row !== undefined) toggle(row.id, event.ctrlKey || event.metaKey || event.shiftKey)
        }}
      >
        <div role="presentation" style={{ height: `${first * height}px` }} />
        {rows.map((row, index) => (
          // Each place keeps its elements, because a sort by activity changes the clients in it five times a second.
          <ClientRowView
            key={first + index}
            row={row}
            index={first + index}
            matching={all}
            selected={model.selected.value.includes(row.id)}
            active={row.id === active.value}
          />
        ))}
        {remote.rows.map((row, index) => (
          <RemoteRowView
            key={first + rows.length + index}
            row={row}
            index={first + rows.length + index}
            matching={all}
          />
        ))}
        <div role="presentation" style={{ height: `${Math.max(0, after) * height}px` }} />
      </div>
      {none && <NobodyYet model={model} />}
      {!none && all === 0 && filter.value !== "" && <p class="teach">{w.noClientMatches}</p>}
      {model.selected.value.length > 0 && <ClientActions key={model.selected.value.join()} model={model} rows={rows} />}
    </div>
  )
}
