import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import type { LogExtent } from "../../../domain/assistant/Log.ts"
import { ask, type Trouble } from "../link/ask.ts"
import { link } from "../link/client.ts"
import { streamBufferSize, watch } from "../link/watch.ts"
import { LogRows } from "../log/LogRows.ts"
import type { Selection } from "../log/RowSelection.ts"
import { whoText } from "../log/rowText.ts"
import { sizeText } from "../parts/figures.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { language } from "../state/preferences.ts"
import { filterOf, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { rowWords } from "../words/rows.ts"
import { copyRows } from "./copyRows.ts"
import { LogDetail } from "./LogDetail.tsx"
import { LogTools } from "./LogTools.tsx"

/** The log of the shown window. The keys of the whole page act on it. */
export const shownLog: { current: LogRows | undefined } = { current: undefined }

/** Makes the log of a window, and updates it with the extent, the view and the language. */
const useLog = (
  model: WindowModel,
  signals: {
    readonly extent: Signal<LogExtent | undefined>
    readonly following: Signal<boolean>
    readonly fresh: Signal<number>
    readonly selection: Signal<Selection | undefined>
    readonly open: Signal<boolean>
    readonly trouble: Signal<Trouble | undefined>
    readonly announced: Signal<string>
  },
) => {
  const grid = useRef<HTMLDivElement>(null)
  const log = useRef<LogRows | undefined>(undefined)
  const { extent, following, fresh, selection, open, trouble, announced } = signals
  useEffect(() => {
    if (grid.current === null) return
    const rows = new LogRows(grid.current, {
      read: (from, count, done) => {
        const filter = filterOf(model, model.log.only.peek())
        return ask(
          (calls) =>
            calls.Rows({
              tab: model.tab,
              request: {
                ...(filter === undefined ? {} : { filter }),
                from,
                count,
                view: model.log.view.peek(),
                language: language.peek(),
              },
            }),
          (answer) => done(answer.ok ? answer.value : undefined),
        )
      },
      filtered: () => filterOf(model, model.log.only.peek()) !== undefined,
      onFollow: (value) => {
        following.value = value
      },
      onNew: (count) => {
        fresh.value = count
      },
      onSelect: (value) => {
        selection.value = value
        if (value === undefined) open.value = false
      },
      onOpen: () => {
        open.value = !open.peek()
      },
      words: rowWords,
      announce: (added) => {
        announced.value = added
          .map((row) =>
            [rowWords()[row.kind], whoText(row, rowWords()), (row.text ?? row.hex ?? "").slice(0, 200)].join(" "),
          )
          .join("\n")
      },
    })
    log.current = rows
    shownLog.current = rows
    return () => {
      if (shownLog.current === rows) shownLog.current = undefined
      log.current = undefined
      rows.end()
    }
  }, [model, extent, following, fresh, selection, open, announced])
  // The filter as text, because two filter objects with equal conditions are not a change.
  const condition = useComputed(() => JSON.stringify(filterOf(model, model.log.only.value) ?? null))
  useSignalEffect(() => {
    void condition.value
    const filter = filterOf(model, model.log.only.peek())
    log.current?.reset()
    extent.value = undefined
    trouble.value = undefined
    // The page applies a filter 150 ms after the last key.
    let stop = (): void => {}
    const timer = setTimeout(
      () => {
        stop = watch(
          (calls) => calls.Log({ tab: model.tab, ...(filter === undefined ? {} : { filter }) }, { streamBufferSize }),
          (value) => {
            extent.value = value
          },
          (refused) => {
            trouble.value = refused
          },
        )
      },
      filter === undefined ? 0 : 150,
    )
    return () => {
      clearTimeout(timer)
      stop()
    }
  })
  useSignalEffect(() => {
    if (extent.value !== undefined) log.current?.setExtent(extent.value, model.log.paused.value)
  })
  useSignalEffect(() => log.current?.setView(model.log.view.value))
  // A command, a rule or another page has renamed a client or changed an encoding.
  const version = useComputed(() => model.state.value?.rowsVersion)
  useSignalEffect(() => {
    void [version.value, words.value]
    // The page cannot read rows without a connection, so the rows on the screen stay until the connection is restored.
    if (link.value === "up") log.current?.refresh()
  })
  return { grid, log }
}

/** The log of a window, with its tools. */
export const LogPane = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const extent = useSignal<LogExtent | undefined>(undefined)
  const following = useSignal(true)
  const fresh = useSignal(0)
  const selection = useSignal<Selection | undefined>(undefined)
  const open = useSignal(false)
  const trouble = useSignal<Trouble | undefined>(undefined)
  const announced = useSignal("")
  const { grid, log } = useLog(model, { extent, following, fresh, selection, open, trouble, announced })
  const count = extent.value === undefined ? 0 : extent.value.next - extent.value.first
  const filtered = filterOf(model, model.log.only.value) !== undefined
  const goOn = (): void => {
    model.log.paused.value = false
    log.current?.follow(true)
  }
  const copy = (): void => {
    if (selection.value !== undefined) copyRows(model, selection.value.from, selection.value.to, rowWords())
  }
  const selected = selection.value
  return (
    <section class="log" aria-label={w.log}>
      <LogTools model={model} extent={extent.value} show={(place) => log.current?.show(place)} />
      <TroubleLine trouble={trouble.value} />
      <div class={`log-body log-of-${model.kind} view-${model.log.view.value}`}>
        <div class="log-region" role="log" aria-live="off" aria-label={w.log}>
          {/* biome-ignore lint/a11y/useSemanticElements: a table element cannot show a part of its rows with recycled elements. */}
          <div
            class="log-rows"
            ref={grid}
            role="grid"
            tabIndex={0}
            aria-label={w.log}
            aria-multiselectable="true"
            onKeyDown={(event) => {
              if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c" && selected !== undefined) {
                if (document.getSelection()?.type === "Range") return
                event.preventDefault()
                copy()
              }
            }}
          />
        </div>
        {count === 0 && extent.value !== undefined && (
          <div class="empty">
            {filtered ? (
              <>
                <p>{extent.value.complete ? w.emptyFilter : w.searching}</p>
                <button
                  type="button"
                  onClick={() => {
                    model.log.query.value = ""
                    model.log.direction.value = "all"
                    model.selected.value = []
                  }}
                >
                  {w.clearFilter}
                </button>
              </>
            ) : (
              <>
                <p>{w.emptyLog}</p>
                <p>{model.kind === "server" ? w.emptyLogServer : w.emptyLogClient}</p>
              </>
            )}
          </div>
        )}
        {(!following.value || model.log.paused.value) && count > 0 && (
          <button type="button" class="fresh" onClick={goOn}>
            {fresh.value > 0 ? w.newRows(fresh.value) : w.follow} ↓
          </button>
        )}
      </div>
      {selected !== undefined && (
        <LogDetail
          model={model}
          selection={selected}
          open={open}
          filtered={filtered}
          onCopy={copy}
          onClose={() => log.current?.unselect()}
        />
      )}
      <div class="log-foot">
        <span class="figures">{w.rowsOf(count)}</span>
        {extent.value?.complete === false && <span>{w.searching}</span>}
        {extent.value !== undefined && extent.value.limit > 0 && (
          <span class="figures wide-only">{w.kept(sizeText(extent.value.bytes), sizeText(extent.value.limit))}</span>
        )}
        <span class="spring" />
        <IconButton
          icon={model.log.paused.value ? "play" : "pause"}
          label={model.log.paused.value ? w.resumeLog : w.pauseLog}
          pressed={model.log.paused.value}
          onClick={() => {
            if (model.log.paused.value) goOn()
            else model.log.paused.value = true
          }}
        />
        <IconButton
          icon="follow"
          label={w.follow}
          pressed={following.value && !model.log.paused.value}
          keys="End"
          onClick={goOn}
        />
      </div>
      <div class="unseen" aria-live="polite">
        {announced.value}
      </div>
    </section>
  )
}
