/** A metric in the text format of Prometheus: its type, its help, and its samples by name and labels. */
export interface ExposedMetric {
  readonly type: string
  readonly help: string | undefined
  readonly samples: ReadonlyMap<string, number>
}

const metricName = "[a-zA-Z_:][a-zA-Z0-9_:]*"
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const sampleLine = new RegExp(`^(${metricName})(?:\\{(${label}(?:,${label})*)?\\})? (\\S+)$`)
const numberForm = /^(?:NaN|[+-]Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/
const suffixes: Readonly<Record<string, ReadonlyArray<string>>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
}

const numberOf = (text: string): number => {
  if (!numberForm.test(text)) throw new Error(`not a number: ${text}`)
  return Number(text.replace("Inf", "Infinity"))
}

const checkHistogram = (name: string, samples: ReadonlyMap<string, number>): void => {
  const series = new Map<string, Array<readonly [number, number]>>()
  for (const [key, count] of samples) {
    const le = /(?:\{|,)le="([^"]*)"\}$/.exec(key)?.[1]
    if (le === undefined) continue
    const rest = key.replace(/,?le="[^"]*"\}$/, "}").replace("{}", "")
    series.set(rest, [...(series.get(rest) ?? []), [numberOf(le), count]])
  }
  for (const [key, buckets] of series) {
    const total = samples.get(key.replace("_bucket", "_count"))
    const [last] = buckets.slice(-1)
    if (last?.[0] !== Number.POSITIVE_INFINITY) throw new Error(`${name}: the last bucket is not +Inf`)
    if (last[1] !== total) throw new Error(`${name}: the bucket +Inf is ${last[1]}, and the count ${total}`)
    if (!samples.has(key.replace("_bucket", "_sum"))) throw new Error(`${name}: the sum is missing`)
    for (const [at, [boundary, count]] of buckets.entries()) {
      const before = buckets[at - 1]
      if (before !== undefined && (before[0] >= boundary || before[1] > count))
        throw new Error(`${name}: not cumulative`)
    }
  }
}

/**
 * Reads the text format of Prometheus 0.0.4 strictly, and throws at every deviation: the lines of a metric follow each
 * other, each has one type before its samples, no sample comes twice, and the buckets of a histogram are cumulative.
 */
export const readExposition = (text: string): ReadonlyMap<string, ExposedMetric> => {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end")
  const metrics = new Map<string, ExposedMetric>()
  let help: readonly [name: string, text: string] | undefined
  let current: { readonly name: string; readonly type: string; readonly samples: Map<string, number> } | undefined
  for (const line of text.split("\n").slice(0, -1)) {
    const comment = new RegExp(`^# (HELP|TYPE) (${metricName}) (.*)$`, "s").exec(line)
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment
      if (metrics.has(name)) throw new Error(`${name} comes twice`)
      if (kind === "HELP") {
        if (/\\(?![\\n])/.test(rest.replaceAll("\\\\", ""))) throw new Error(`wrong escape: ${line}`)
        help = [name, rest]
        continue
      }
      if (!Object.hasOwn(suffixes, rest)) throw new Error(`unknown type: ${line}`)
      if (help !== undefined && help[0] !== name) throw new Error(`help of another metric: ${line}`)
      current = { name, type: rest, samples: new Map() }
      metrics.set(name, { ...current, help: help?.[1] })
      help = undefined
      continue
    }
    const sample = sampleLine.exec(line)
    if (sample === null) throw new Error(`not a sample: ${line}`)
    const [, name = "", labels = "", value = ""] = sample
    if (current === undefined || !suffixes[current.type]?.some((suffix) => name === `${current?.name}${suffix}`)) {
      throw new Error(`a sample outside of its metric: ${line}`)
    }
    const names = [...labels.matchAll(/(?:^|,)([a-zA-Z_][a-zA-Z0-9_]*)="/g)].map(([, found]) => found)
    if (new Set(names).size !== names.length) throw new Error(`a label comes twice: ${line}`)
    const key = labels === "" ? name : `${name}{${labels}}`
    if (current.samples.has(key)) throw new Error(`a sample comes twice: ${line}`)
    current.samples.set(key, numberOf(value))
  }
  for (const [name, { samples, type }] of metrics) if (type === "histogram") checkHistogram(name, samples)
  return metrics
}
