import type { ClientRow, RemoteClientRow } from "../../../domain/assistant/State.ts"
import { timeText } from "../log/rowText.ts"
import { rateText, sizeText } from "../parts/figures.ts"
import { words } from "../words/index.ts"

/** The number of queued bytes at which the list marks a client as slow. */
const slowBytes = 64 * 1024

/** A client of this server. */
export const ClientRowView = ({
  row,
  index,
  matching,
  selected,
  active,
}: {
  readonly row: ClientRow
  readonly index: number
  readonly matching: number
  readonly selected: boolean
  readonly active: boolean
}) => {
  const w = words.value
  // The endpoint of a client on a unix socket is always the same, so the list shows when the client connected.
  const remote = row.remote === "unix:" ? `${w.unixClient} · ${timeText(row.since)}` : row.remote
  const isMarked = row.state !== "open" || row.paused || row.pending >= slowBytes || row.tls !== ""
  // One more label shows the number of the other tags.
  const mostTags = isMarked ? 1 : 2
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and aria-activedescendant names the active option.
    <div
      class="client"
      role="option"
      id={`client-${row.id}`}
      aria-selected={selected}
      aria-posinset={index + 1}
      aria-setsize={matching}
      data-id={row.id}
      data-active={active ? "" : undefined}
    >
      <span class="client-name" title={row.name}>
        <b>#{row.id}</b> {row.name}
      </span>
      <span class="client-rates">
        <span title={w.received}>↓{rateText(row.rateIn)}</span>
        <span class="sent" title={w.sent}>
          ↑{rateText(row.rateOut)}
        </span>
      </span>
      <span class="client-remote" title={row.remote === "unix:" ? row.local : row.remote}>
        {remote}
      </span>
      <span class="client-marks">
        {row.state !== "open" && <span class="pill pill-wait">{row.state === "closing" ? w.closing : w.half}</span>}
        {row.paused && <span class="pill pill-wait">{w.paused}</span>}
        {row.pending >= slowBytes && <span class="pill pill-wait">{w.pending(sizeText(row.pending))}</span>}
        {row.tls !== "" && (
          <span class="pill pill-good" title={row.tls}>
            TLS
          </span>
        )}
        {row.tags.slice(0, mostTags).map((tag) => (
          <span class="pill" key={tag} title={tag}>
            {tag}
          </span>
        ))}
        {row.tags.length > mostTags && (
          <span class="pill" title={row.tags.slice(mostTags).join(", ")}>
            +{row.tags.length - mostTags}
          </span>
        )}
      </span>
    </div>
  )
}

/** A client of another server that shares the hub. It cannot be selected, because commands do not reach it. */
export const RemoteRowView = ({
  row,
  index,
  matching,
}: {
  readonly row: RemoteClientRow
  readonly index: number
  readonly matching: number
}) => {
  const w = words.value
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and no key selects this option.
    <div
      class="client"
      role="option"
      aria-selected={false}
      aria-disabled={true}
      aria-posinset={index + 1}
      aria-setsize={matching}
      title={w.otherServerHint(row.node)}
    >
      <span class="client-name">
        <b>
          @{row.node}/{row.id}
        </b>
      </span>
      <span class="client-rates" />
      <span class="client-remote">
        {row.remote === "unix:" ? w.unixClient : row.remote} · {timeText(row.since)}
      </span>
      <span class="client-marks">
        <span class="pill">{w.otherServer}</span>
      </span>
    </div>
  )
}
