import type { Metric } from "./model.ts"

interface Presentation {
  readonly label: (unit: string) => string
  readonly format: (value: number) => string
}

const digits = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  if (size >= 0.095) return value.toFixed(2)
  return value === 0 ? "0" : value.toPrecision(2)
}

/** A count with a unit prefix: 46.1 M, 12.3 k, 512. */
export const formatCount = (value: number): string => {
  if (value >= 1e9) return `${digits(value / 1e9)} G`
  if (value >= 1e6) return `${digits(value / 1e6)} M`
  if (value >= 1e3) return `${digits(value / 1e3)} k`
  return digits(value)
}

/** A ratio with two or three digits: 69.2, 1.05, 0.0021. */
export const formatRatio = (value: number): string => digits(value)

const micros = (value: number): string => (value >= 1000 ? `${digits(value / 1000)} ms` : `${digits(value)} µs`)
const millis = (value: number): string => (value >= 1000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`)
const percent = (value: number): string => `${(value * 100).toFixed(0)} %`

export const presentations: Readonly<Record<Metric, Presentation>> = {
  perSecond: { label: (unit) => `${unit}/s`, format: formatCount },
  cpuNanosPerUnit: {
    label: (unit) =>
      `server CPU per ${unit === "connections" ? "connection" : unit === "deliveries" ? "delivery" : "round trip"}`,
    format: (value) => (value >= 1000 ? `${digits(value / 1000)} µs` : `${digits(value)} ns`),
  },
  serverCpu: { label: () => "server CPU, cores", format: (value) => value.toFixed(2) },
  rssPeakMiB: { label: () => "peak RSS", format: (value) => `${value.toFixed(0)} MiB` },
  rssGrowthMiB: { label: () => "RSS growth", format: (value) => `${value.toFixed(0)} MiB` },
  p50Micros: { label: () => "p50", format: micros },
  p99Micros: { label: () => "p99", format: micros },
  p999Micros: { label: () => "p99.9", format: micros },
  stallWithoutMillis: { label: () => "longest stall without it", format: millis },
  longestStallMillis: { label: () => "longest stall", format: millis },
  slowestShare: { label: () => "slowest subscriber, of the mean", format: percent },
  // With a tenth of a percent: the floor is 100 %, and 99.6 % must not look like it.
  healthyShare: { label: () => "of the rate without it", format: (value) => `${(value * 100).toFixed(1)} %` },
  bytesPerConnection: { label: () => "memory per connection", format: (value) => `${(value / 1000).toFixed(1)} kB` },
  stopMillis: { label: () => "SIGTERM to exit", format: millis },
}
