import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import type { RateHistory } from "../../../domain/assistant/State.ts"

const units = ["B", "KiB", "MiB", "GiB"]

const tick = (value: number): string => {
  let shown = value
  let unit = 0
  while (shown >= 1000 && unit < units.length - 1) {
    shown /= 1024
    unit++
  }
  return `${Number(shown.toFixed(1))} ${units[unit]}`
}

/** The rates of the last ten minutes as two lines. This module is a chunk of its own. */
export class RateChart {
  private readonly plot: uPlot
  private readonly observer: ResizeObserver

  constructor(
    private readonly place: HTMLElement,
    names: { readonly received: string; readonly sent: string },
  ) {
    const style = getComputedStyle(place)
    const axis = {
      stroke: style.color,
      grid: { stroke: style.borderTopColor, width: 1 },
      ticks: { stroke: style.borderTopColor, width: 1 },
      font: "11px system-ui",
    }
    this.plot = new uPlot(
      {
        width: Math.max(120, place.clientWidth),
        height: 180,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(10, high * 1.1)] } },
        axes: [axis, { ...axis, size: 60, values: (_plot, values) => values.map(tick) }],
        series: [
          {},
          {
            label: names.received,
            stroke: style.getPropertyValue("--accent").trim(),
            width: 1.5,
            points: { show: false },
          },
          { label: names.sent, stroke: style.getPropertyValue("--sent").trim(), width: 1.5, points: { show: false } },
        ],
      },
      [[], [], []],
      place,
    )
    this.observer = new ResizeObserver(() =>
      this.plot.setSize({ width: Math.max(120, place.clientWidth), height: 180 }),
    )
    this.observer.observe(place)
  }

  show(history: RateHistory): void {
    this.plot.setData([
      history.bytesIn.map((_value, index) => history.start + index),
      [...history.bytesIn],
      [...history.bytesOut],
    ])
  }

  end(): void {
    this.observer.disconnect()
    this.plot.destroy()
    this.place.replaceChildren()
  }
}
