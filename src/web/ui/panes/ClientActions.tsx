import { useComputed, useSignal } from "@preact/signals"
import type { Recipients } from "../../../domain/assistant/Recipients.ts"
import type { ClientRow } from "../../../domain/assistant/State.ts"
import { momentText, sizeText } from "../parts/figures.ts"
import { Icon } from "../parts/Icon.tsx"
import type { WindowModel } from "../state/WindowModel.ts"
import { choices } from "../state/workspace.ts"
import { words } from "../words/index.ts"
import { tellOrToast } from "./perform.ts"

const recipientsOf = (model: WindowModel): Recipients | undefined => {
  const [first, ...others] = model.selected.value
  if (first === undefined) return undefined
  return {
    _tag: "Recipients",
    some: [{ _tag: "Id", id: first }, ...others.map((id) => ({ _tag: "Id", id }) as const)],
    but: [],
  }
}

const Details = ({ row }: { readonly row: ClientRow }) => {
  const w = words.value
  const lines: ReadonlyArray<readonly [string, string]> = [
    [w.since, momentText(row.since)],
    [w.received, `${sizeText(row.bytesIn)} · ${w.frames(row.framesIn)}`],
    [w.sent, `${sizeText(row.bytesOut)} · ${w.frames(row.framesOut)}`],
    [w.encoding, row.encodingIn === row.encodingOut ? row.encodingIn : `${row.encodingIn} / ${row.encodingOut}`],
    ...(row.pending > 0 ? [["", w.pending(sizeText(row.pending))] as const] : []),
    ...(row.tls === "" ? [] : [[w.tls, row.tls] as const]),
  ]
  return (
    <dl class="details">
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd title={value}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The commands for the selected clients. */
export const ClientActions = ({
  model,
  rows,
}: {
  readonly model: WindowModel
  readonly rows: ReadonlyArray<ClientRow>
}) => {
  const w = words.value
  const only = useComputed(() => (model.selected.value.length === 1 ? model.selected.value[0] : undefined))
  const row = rows.find((candidate) => candidate.id === only.value)
  const name = useSignal<string | undefined>(undefined)
  const tag = useSignal("")
  const to = recipientsOf(model)
  if (to === undefined) return null
  const chosen = rows.filter((candidate) => model.selected.value.includes(candidate.id))
  const anyPaused = chosen.some((candidate) => candidate.paused)
  const tags = [...new Set(chosen.flatMap((candidate) => candidate.tags))]
  return (
    <section class="client-actions" aria-label={w.selectedClients(model.selected.value.length)}>
      <div class="actions-head">
        <b>{w.selectedClients(model.selected.value.length)}</b>
        <button
          type="button"
          title={anyPaused ? w.resumeReading : w.pauseReading}
          onClick={() => tellOrToast(model, { _tag: anyPaused ? "Resume" : "Pause", to })}
        >
          {anyPaused ? w.resumeClient : w.pauseClient}
        </button>
        <button type="button" onClick={() => tellOrToast(model, { _tag: "HalfClose", to })}>
          {w.halfClose}
        </button>
        <button type="button" class="danger" onClick={() => tellOrToast(model, { _tag: "Kick", to })}>
          {w.kick}
        </button>
        <button type="button" class="danger" onClick={() => tellOrToast(model, { _tag: "Reset", to })}>
          {w.reset}
        </button>
      </div>
      {row !== undefined && (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault()
            tellOrToast(model, { _tag: "Rename", to, name: (name.value ?? row.name).trim() }, () => {
              name.value = undefined
            })
          }}
        >
          <label class="inline grow">
            {w.name}
            <input
              value={name.value ?? row.name}
              maxLength={64}
              spellcheck={false}
              onInput={(event) => {
                name.value = event.currentTarget.value
              }}
            />
          </label>
          <button type="submit">{w.rename}</button>
        </form>
      )}
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (tag.value.trim() === "") return
          tellOrToast(model, { _tag: "Tag", to, tag: tag.value.trim() }, () => {
            tag.value = ""
          })
        }}
      >
        <label class="inline grow">
          {w.tag}
          <input
            value={tag.value}
            maxLength={64}
            spellcheck={false}
            onInput={(event) => {
              tag.value = event.currentTarget.value
            }}
          />
        </label>
        <button type="submit">{w.addTag}</button>
      </form>
      {tags.length > 0 && (
        <div class="chips">
          {tags.map((each) => (
            <button
              type="button"
              class="chip"
              key={each}
              aria-label={w.untag(each)}
              title={w.untag(each)}
              onClick={() => tellOrToast(model, { _tag: "Untag", to, tag: each })}
            >
              <span class="chip-text">{each}</span>
              <Icon name="cross" />
            </button>
          ))}
        </div>
      )}
      <label class="inline">
        {w.encoding}
        <select
          value={row?.encodingIn ?? ""}
          onChange={(event) => {
            if (event.currentTarget.value === "") return
            tellOrToast(model, { _tag: "SetEncoding", to, encoding: event.currentTarget.value })
          }}
        >
          {row === undefined && <option value="">…</option>}
          {choices.value.encodings.map((encoding) => (
            <option key={encoding} value={encoding}>
              {encoding}
            </option>
          ))}
        </select>
      </label>
      {row !== undefined && <Details row={row} />}
    </section>
  )
}
