import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import type { RateHistory } from "../../../domain/assistant/State.ts"
import { timeText } from "./rowText.ts"

const units = ["B", "KiB", "MiB", "GiB"]

const tick = (value: number): string => {
  let shown = value
  let unit = 0
  while (shown >= 1024 && unit < units.length - 1) {
    shown /= 1024
    unit++
  }
  return `${Number(shown.toFixed(1))} ${units[unit]}`
}

/** Hours and minutes; also seconds if the marks are less than a minute apart. */
const clock = (seconds: number, step: number): string => timeText(seconds * 1000).slice(0, step < 60 ? 8 : 5)

/** The steps between the marks of bytes: powers of two, so that KiB and MiB are whole numbers. */
const byteSteps = Array.from({ length: 44 }, (_, power) => 2 ** power)

/** A colour of the theme for a canvas. `light-dark()` works on elements only, so an element resolves the colour. */
const colorOf = (place: HTMLElement, name: string): string => {
  const probe = document.createElement("span")
  probe.style.color = `var(${name})`
  place.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** The rates of the last ten minutes as two lines. The bundle has this module in a separate chunk. */
export class RateChart {
  private readonly plot: uPlot
  private readonly observer: ResizeObserver

  constructor(
    private readonly place: HTMLElement,
    names: { readonly received: string; readonly sent: string },
  ) {
    const line = colorOf(place, "--line")
    const axis = {
      stroke: colorOf(place, "--dim"),
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
      font: "11px system-ui",
    }
    this.plot = new uPlot(
      {
        width: Math.max(120, place.clientWidth),
        height: 180,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(10, high * 1.1)] } },
        axes: [
          {
            ...axis,
            space: 72,
            values: (_plot, values, _axis, _space, step) => values.map((value) => clock(value, step)),
          },
          { ...axis, size: 60, incrs: byteSteps, values: (_plot, values) => values.map(tick) },
        ],
        series: [
          {},
          {
            label: names.received,
            stroke: colorOf(place, "--accent"),
            width: 1.5,
            points: { show: false },
          },
          { label: names.sent, stroke: colorOf(place, "--sent"), width: 1.5, points: { show: false } },
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
