import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals"
import type { LogRow } from "../../../domain/assistant/Log.ts"
import { ask, type Trouble } from "../link/ask.ts"
import { hexDump } from "../log/hexDump.ts"
import type { Selection } from "../log/RowSelection.ts"
import { dateText, whoText } from "../log/rowText.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { language } from "../state/preferences.ts"
import { filterOf, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { rowWords } from "../words/rows.ts"

interface Shown {
  readonly row: LogRow
  readonly dump: string
  readonly bytes: number
  readonly length: number
}

/** The selected row: its time, its client, its length, and a hex dump of its bytes. */
export const LogDetail = ({
  model,
  selection,
  open,
  filtered,
  onCopy,
  onClose,
}: {
  readonly model: WindowModel
  readonly selection: Selection
  readonly open: Signal<boolean>
  readonly filtered: boolean
  readonly onCopy: () => void
  readonly onClose: () => void
}) => {
  const w = words.value
  const shown = useSignal<Shown | undefined>(undefined)
  const trouble = useSignal<Trouble | undefined>(undefined)
  const place = useSignal(selection.active)
  place.value = selection.active
  const version = useComputed(() => model.state.value?.rowsVersion)
  useSignalEffect(() => {
    void version.value
    const from = place.value
    const filter = filtered ? filterOf(model, model.log.only.peek()) : undefined
    let stop = ask(
      (calls) =>
        calls.Rows({
          tab: model.tab,
          request: {
            ...(filter === undefined ? {} : { filter }),
            from,
            count: 1,
            view: "text",
            language: language.value,
          },
        }),
      (answer) => {
        const row = answer.ok ? answer.value[0] : undefined
        trouble.value = answer.ok ? undefined : answer.trouble
        if (row === undefined) {
          shown.value = undefined
          return
        }
        if (row.kind === "announcement") {
          shown.value = { row, dump: row.text ?? "", bytes: 0, length: 0 }
          return
        }
        stop = ask(
          (calls) => calls.Bytes({ tab: model.tab, row: row.row }),
          (frame) => {
            trouble.value = frame.ok ? undefined : frame.trouble
            shown.value = frame.ok
              ? { row, dump: hexDump(frame.value.bytes), bytes: frame.value.bytes.length, length: frame.value.length }
              : undefined
          },
        )
      },
    )
    return () => stop()
  })
  const many = selection.to - selection.from
  const row = shown.value?.row
  const cut = shown.value !== undefined && shown.value.bytes < shown.value.length
  return (
    <section class="log-detail" aria-label={w.hexDump}>
      <div class="log-detail-head">
        {row !== undefined && (
          <span class="figures detail-what">
            {dateText(row.at)} · {whoText(row, rowWords())}
            {row.kind !== "announcement" && shown.value !== undefined && ` · ${w.rowBytes(shown.value.length)}`}
            {cut && shown.value !== undefined && ` (${w.rowFirst(shown.value.bytes)})`}
          </span>
        )}
        <span class="spring" />
        <button type="button" class="quiet" onClick={onCopy}>
          {w.copyRows(many)}
        </button>
        <button
          type="button"
          class="quiet"
          aria-expanded={open.value || model.log.view.value === "both"}
          onClick={() => {
            open.value = !open.value
          }}
        >
          {w.hexDump}
        </button>
        <IconButton icon="cross" label={w.close} onClick={onClose} />
      </div>
      <TroubleLine trouble={trouble.value} />
      {(open.value || model.log.view.value === "both") && shown.value !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element needs access by keyboard.
        <pre class="dump" tabIndex={0}>
          {shown.value.dump}
        </pre>
      )}
    </section>
  )
}
