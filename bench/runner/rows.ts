import type { Floor, LoadArguments, Metric, Mode, Row } from "./model.ts"

const atLeast = (ratio: number): ReadonlyArray<Floor> => [
  { metric: "perSecond", of: "ratio", direction: "atLeast", value: ratio },
]

const throughput: readonly [Metric, ...Metric[]] = ["perSecond", "cpuNanosPerUnit", "serverCpu", "rssPeakMiB"]

interface Extra {
  readonly floor?: number
  readonly quick?: LoadArguments
  readonly windows?: number
}

const fanOut = (id: string, title: string, load: LoadArguments, files: number, extra: Extra = {}): Row => ({
  id,
  title,
  work: "fanout",
  mode: "broker",
  load,
  unit: "deliveries",
  shown: [...throughput, "slowestShare"],
  floors: extra.floor === undefined ? [] : atLeast(extra.floor),
  files,
  ...(extra.quick === undefined ? {} : { quick: extra.quick }),
  ...(extra.windows === undefined ? {} : { windows: extra.windows }),
})

/** Each connection has one message in flight. It sends the next message after the next connection has received this one. */
const everybody = (connections: number, floor: number, quick?: LoadArguments): Row =>
  fanOut(
    `everybody-${connections}`,
    `everybody publishes, ${connections} connections, one message in flight each, 64 B`,
    { everybody: 1, subscribers: connections, size: 64, depth: 1 },
    connections + 10,
    quick === undefined ? { floor } : { floor, quick },
  )

const echo = (connections: number, depth: number, floor: number, quick?: LoadArguments): Row => ({
  id: `echo-${connections}-${depth}`,
  title: `echo, ${connections} connections, ${depth} deep, 64 B`,
  work: "echo",
  mode: "echo",
  load: { connections, depth, size: 64 },
  unit: "round trips",
  shown: [...throughput, "p50Micros", "p99Micros"],
  floors: atLeast(floor),
  files: connections,
  ...(quick === undefined ? {} : { quick }),
})

const viaStream = (
  mode: "stream" | "all" | "mapped",
  how: string,
  connections: number,
  depth: number,
  quick?: LoadArguments,
): Row => ({
  ...echo(connections, depth, 0.6, quick),
  id: `${mode}-${connections}-${depth}`,
  title: `echo through a Stream of the handler, ${how}, ${connections} connections, ${depth} deep, 64 B`,
  mode,
})

const sentEach = "each sent by Stream.runForEach"
const sentAll = "sent by sendAll"
const mappedAll = "mapped and sent by sendAll"

const each = (connections: number, depth: number): Row => ({
  ...echo(connections, depth, 0),
  id: `each-${connections}-${depth}`,
  title: `echo through a fiber of the handler, without a Stream, ${connections} connections, ${depth} deep, 64 B`,
  mode: "each",
  floors: [],
})

const churn = (id: string, title: string, mode: Mode): Row => ({
  id,
  title,
  work: "churn",
  mode,
  load: { concurrency: 64 },
  unit: "connections",
  shown: throughput,
  floors: [],
  files: 100,
})

const memoryFloor: ReadonlyArray<Floor> = [
  { metric: "bytesPerConnection", of: "value", direction: "atMost", value: 8000 },
]

/** All rows, in the order of the report. */
export const rows: ReadonlyArray<Row> = [
  fanOut("fanout-10", "fan-out 1 → 10, 64 B", { subscribers: 10, size: 64 }, 20, { floor: 0.95, quick: {} }),
  fanOut("fanout-100", "fan-out 1 → 100, 64 B", { subscribers: 100, size: 64 }, 110, { floor: 1 }),
  fanOut("fanout-1000", "fan-out 1 → 1 000, 64 B", { subscribers: 1000, size: 64 }, 1010, { floor: 1 }),
  fanOut("fanout-10000", "fan-out 1 → 10 000, 64 B", { subscribers: 10_000, size: 64 }, 10_010, { windows: 2 }),
  fanOut("fanout-100-16B", "fan-out 1 → 100, 16 B", { subscribers: 100, size: 16 }, 110),
  fanOut("fanout-100-4KiB", "fan-out 1 → 100, 4 KiB", { subscribers: 100, size: 4096 }, 110, { floor: 0.95 }),
  fanOut("fanout-100-64KiB", "fan-out 1 → 100, 64 KiB", { subscribers: 100, size: 65_536 }, 110),
  fanOut("publishers-10", "10 publishers × 100, 64 B", { publishers: 10, subscribers: 100, size: 64 }, 120, {
    floor: 1,
    quick: { publishers: 3, subscribers: 10 },
  }),
  fanOut("single", "1 → 100, one message per write, 64 B", { subscribers: 100, size: 64, write: "single" }, 110, {
    floor: 1.3,
  }),
  everybody(100, 6, { subscribers: 20 }),
  everybody(500, 50),
  fanOut(
    "everybody-100-flat",
    "everybody publishes flat out, 100 connections, 64 B",
    { everybody: 1, subscribers: 100, size: 64 },
    110,
  ),
  echo(50, 1, 0.95),
  echo(50, 32, 0.95, { connections: 10 }),
  echo(500, 1, 0.95),
  echo(500, 32, 1),
  viaStream("stream", sentEach, 50, 1),
  viaStream("stream", sentEach, 50, 32, { connections: 10 }),
  viaStream("all", sentAll, 50, 1),
  viaStream("all", sentAll, 50, 32, { connections: 10 }),
  viaStream("mapped", mappedAll, 50, 1),
  viaStream("mapped", mappedAll, 50, 32),
  each(50, 1),
  each(50, 32),
  {
    ...fanOut("latency", "latency 1 → 100 at 1 000 messages/s, 64 B", { subscribers: 100, size: 64, rate: 1000 }, 110, {
      quick: { subscribers: 20 },
      // Percentiles need many messages.
      windows: 4,
    }),
    // In the first seconds V8 compiles, and about 8 s after the start it compacts the heap, which pauses the server for
    // 10 ms. Servers that have run for days have neither.
    warmup: 10,
    shown: ["p50Micros", "p99Micros", "p999Micros", "cpuNanosPerUnit", "serverCpu"],
    floors: [
      { metric: "p50Micros", of: "ratio", direction: "atMost", value: 1 },
      { metric: "p99Micros", of: "value", direction: "atMost", value: 1200 },
    ],
  },
  { ...churn("churn", "accept and close", "broker"), floors: atLeast(0.8), quick: {} },
  churn("churn-fiber", "accept and close, one fiber per connection", "fiber"),
  {
    id: "idle",
    title: "memory per idle connection, 10 000 connections",
    work: "idle",
    mode: "broker",
    load: { connections: 10_000 },
    unit: "connections",
    shown: ["bytesPerConnection", "rssPeakMiB"],
    floors: memoryFloor,
    files: 10_010,
    quick: { connections: 500 },
  },
  {
    id: "idle-fiber",
    title: "memory per idle connection, one fiber per connection, 10 000 connections",
    work: "idle",
    mode: "fiber",
    load: { connections: 10_000 },
    unit: "connections",
    shown: ["bytesPerConnection", "rssPeakMiB"],
    floors: memoryFloor,
    files: 10_010,
  },
  {
    id: "stop",
    title: "stop with 5 000 connections",
    work: "stop",
    mode: "broker",
    load: { connections: 5000 },
    unit: "connections",
    shown: ["stopMillis"],
    floors: [{ metric: "stopMillis", of: "value", direction: "atMost", value: 400 }],
    files: 5010,
    quick: { connections: 500 },
  },
  {
    ...fanOut(
      "stalled",
      "1 → 20 flat out, and a subscriber that never reads, 64 B",
      { subscribers: 20, size: 64 },
      30,
      {
        quick: {},
        // The row compares parts of a run. Longer parts reduce the effect of a short disturbance.
        windows: 3,
      },
    ),
    work: "stalled",
    shown: ["healthyShare", "longestStallMillis", "stallWithoutMillis", "rssGrowthMiB", "rssPeakMiB", "perSecond"],
    floors: [
      // The other readers keep their full rate.
      { metric: "healthyShare", of: "value", direction: "atLeast", value: 1 },
      { metric: "longestStallMillis", of: "value", direction: "atMost", value: 10 },
      { metric: "rssGrowthMiB", of: "value", direction: "atMost", value: 40 },
    ],
  },
]

/** The rows for the table of CPU per delivery, and their numbers of subscribers. */
export const growthRows: ReadonlyArray<readonly [id: string, subscribers: string]> = [
  ["fanout-10", "10"],
  ["fanout-100", "100"],
  ["fanout-1000", "1 000"],
  ["fanout-10000", "10 000"],
]
