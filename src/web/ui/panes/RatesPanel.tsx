import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import type { RateHistory } from "../../../domain/assistant/State.ts"
import { ask } from "../link/ask.ts"
import type { RateChart } from "../log/RateChart.ts"
import { countText, sizeText } from "../parts/figures.ts"
import { theme } from "../state/preferences.ts"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"

/** The counters, and a chart of the rates. The page loads the chart when the panel opens. */
export const RatesPanel = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const place = useRef<HTMLDivElement>(null)
  const history = useSignal<RateHistory | undefined>(undefined)
  useEffect(() => {
    let chart: RateChart | undefined
    let ended = false
    let stop = (): void => {}
    const read = (): void => {
      stop = ask(
        (calls) => calls.Rates({ tab: model.tab }),
        (answer) => {
          if (answer.ok) {
            history.value = answer.value
            chart?.show(answer.value)
          }
        },
      )
    }
    import("../log/RateChart.ts").then(
      ({ RateChart }) => {
        if (ended || place.current === null) return
        chart = new RateChart(place.current, { received: words.peek().received, sent: words.peek().sent })
        if (history.value !== undefined) chart.show(history.value)
      },
      // If the browser cannot load the chart, the panel shows the counters only.
      () => {},
    )
    read()
    const timer = setInterval(read, 1000)
    return () => {
      ended = true
      clearInterval(timer)
      stop()
      chart?.end()
    }
  }, [model, history, w, theme.value])
  const traffic = model.state.value?.traffic
  if (traffic === undefined) return null
  const framesIn = history.value?.framesIn.at(-1) ?? 0
  const framesOut = history.value?.framesOut.at(-1) ?? 0
  const lines: ReadonlyArray<readonly [string, string, string]> = [
    [w.bytesPerSecond, sizeText(traffic.rateIn), sizeText(traffic.rateOut)],
    [w.framesPerSecond, countText(framesIn), countText(framesOut)],
    [w.bytesTotal, sizeText(traffic.bytesIn), sizeText(traffic.bytesOut)],
    [w.framesTotal, countText(traffic.framesIn), countText(traffic.framesOut)],
  ]
  return (
    <div class="panel">
      <table class="rates">
        <thead>
          <tr>
            <td />
            <th scope="col">{w.received}</th>
            <th scope="col">{w.sent}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(([name, received, sent]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{received}</td>
              <td class="sent">{sent}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="chart" ref={place} role="img" aria-label={w.ratesChart} />
    </div>
  )
}
