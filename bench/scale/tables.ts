import { renderTable } from "../runner/table.ts"
import { bytesOnNetwork, type Costs, contenders, loads, plan } from "./costs.ts"
import { hopMicros } from "./hops.ts"

/** Three significant digits. */
const digits = (value: number): string => `${Number(value.toPrecision(3))}`

const units = [
  [1e9, " G"],
  [1e6, " M"],
  [1e4, " k"],
] as const

const figure = (value: number): string => {
  const [least, unit] = units.find(([bound]) => value >= bound) ?? [1, ""]
  return `${digits(value / (least === 1e4 ? 1e3 : least))}${unit}`
}

const duration = (nanos: number): string => (nanos >= 1e3 ? `${digits(nanos / 1e3)} µs` : `${digits(nanos)} ns`)
const kilobytes = (bytes: number): string => `${digits(bytes / 1e3)} kB`
const gibibytes = (bytes: number): string => `${digits(bytes / 2 ** 30)} GiB`
const gigabits = (bits: number): string => `${digits(bits / 1e9)} Gbit/s`

const machine = `${plan.cores} cores and ${gigabits(plan.networkBits)}`
const workingCores = plan.cores - 1
const planned = `${plan.utilisation * 100} %`

/** The measured costs, for each contender. */
const costsTable = (costs: Costs): string => {
  const rows = [
    ["an idle connection, memory of the process", "idle", "bytesPerConnection", kilobytes],
    ["accept and close a connection", "churn", "cpuNanosPerUnit", duration],
    ["an echo, one in flight for each of 500 clients", "echo-500-1", "cpuNanosPerUnit", duration],
    ["an echo, 32 in flight for each of 500 clients", "echo-500-32", "cpuNanosPerUnit", duration],
    ...loads.map(({ name, row }) => [`a delivery: ${name}`, row, "cpuNanosPerUnit", duration] as const),
    ["a delivery of 4 KiB, flat out to 100 clients", "fanout-100-4KiB", "cpuNanosPerUnit", duration],
  ] as const
  return renderTable(
    ["cost", ...contenders.map(({ title }) => title), "row of the bench"],
    rows.map(([name, row, metric, show]) => [
      name,
      ...contenders.map(({ id }) => {
        const found = costs.find(row, metric, id)
        return found === undefined ? "–" : show(found)
      }),
      `\`${row}\``,
    ]),
  )
}

/** What a process and a machine carry, and what is full first. */
const limitsTable = (costs: Costs): string => {
  const rate = (name: string, row: string, isAlone: boolean) => {
    const ofCores = costs.perCore(row) * workingCores
    const ofNetwork = plan.networkBits / 8 / bytesOnNetwork(isAlone)
    return [
      name,
      figure(costs.perCore(row)),
      figure(Math.min(ofCores, ofNetwork)),
      ofCores <= ofNetwork ? "CPU" : "network",
    ]
  }
  const perGibibyte = figure(2 ** 30 / costs.memory())
  const accepted = figure(costs.perCore("churn"))
  return renderTable(
    ["what", "a process on one core", `a machine with ${machine}`, "full first"],
    [
      ["idle connections in 1 GiB", perGibibyte, perGibibyte, "memory"],
      [
        `connections that end in ${planned} of ${plan.drainSeconds} s`,
        figure(costs.connectionsPerProcess()),
        figure(costs.connectionsPerProcess() * workingCores),
        "CPU",
      ],
      ["accepted connections a second", accepted, accepted, "CPU of the process that accepts"],
      rate("echoes a second, one in flight", "echo-500-1", true),
      ...loads.map(({ isAlone, name, row }) => rate(`deliveries a second: ${name}`, row, isAlone)),
    ],
  )
}

const processes = (costs: Costs): number => Math.ceil(plan.connections / costs.connectionsPerProcess())

/** The needs of the connections of the plan. */
const connectionsTable = (costs: Costs): string => {
  const ofProcesses = costs.get("idle", "bytesPerConnection") * plan.connections
  const ofKernel = costs.sources.kernelBytes * plan.connections
  const acceptSeconds = (costs.nanos("churn") * plan.connections) / 1e9
  return renderTable(
    ["need", figure(plan.connections).concat(" connections")],
    [
      ["memory of the processes", gibibytes(ofProcesses)],
      ["memory of the kernel, with empty queues", gibibytes(ofKernel)],
      ["memory in all", gibibytes(ofProcesses + ofKernel)],
      [`processes, if a drain takes ${planned} of ${plan.drainSeconds} s`, `${processes(costs)}`],
      ["CPU to accept all of them again", `${digits(acceptSeconds)} s of one core`],
      ["the same, when each process accepts its own", `${digits(acceptSeconds / processes(costs))} s`],
    ],
  )
}

/** The needs of the deliveries of the plan. */
const deliveriesTable = (costs: Costs): string =>
  renderTable(
    [
      `${figure(plan.deliveriesPerSecond)} deliveries a second`,
      `cores, each used to ${planned}`,
      "network",
      `machines with ${machine}`,
      "because of",
    ],
    loads.map(({ isAlone, name, row }) => {
      const cores = (plan.deliveriesPerSecond * costs.nanos(row)) / 1e9 / plan.utilisation
      const bits = plan.deliveriesPerSecond * bytesOnNetwork(isAlone) * 8
      const needs = [
        ["CPU", cores / workingCores],
        ["network", bits / plan.utilisation / plan.networkBits],
        ["connections", processes(costs) / workingCores],
      ] as const
      const [because, most] = needs.reduce((a, b) => (b[1] > a[1] ? b : a))
      return [name, digits(cores), gigabits(bits), `${Math.ceil(most)}`, because]
    }),
  )

/** The load of NATS: a published message goes once to each other node that has receivers. */
const hopsTable = (costs: Costs): string =>
  renderTable(
    [
      "receivers of a message",
      "nodes",
      "messages a second",
      "hops a second",
      "cores of NATS, alone",
      "cores of NATS, in batches",
      "cores of NATS and nodes, in batches",
    ],
    [10, 100, 1_000].flatMap((receivers) =>
      [2, 4, 8].map((nodes) => {
        const messages = plan.deliveriesPerSecond / receivers
        const hops = messages * (nodes - 1)
        const cores = (row: string) => digits((hops * costs.nanos(row, "nats-server")) / 1e9)
        const ofAll = digits((hops * costs.hopNanos()) / 1e9)
        return [`${receivers}`, `${nodes}`, figure(messages), figure(hops), cores("latency"), cores("fanout-10"), ofAll]
      }),
    ),
  )

const micros = (value: number): string => duration(value * 1e3)

/** The measured cost of a hop over NATS. */
const hubTable = (costs: Costs): string =>
  renderTable(
    ["receivers", "a delivery, one node", "two nodes and NATS", "nats-server alone", "a message more, for its hop"],
    costs.sources.hub.map((load) => [
      `${load.subscribers}`,
      ...[load.oneHub, load.twoNodes, load.natsAlone, hopMicros(load)].map(micros),
    ]),
  )

/** The measured costs of workers. */
const workersTable = (costs: Costs): string =>
  renderTable(
    ["work", "one process", "two workers: main process", "two workers: both workers", "more CPU in all", "gain"],
    costs.sources.workers.map(({ gain, main, oneProcess, work, workers }) => [
      work,
      ...[oneProcess, main, workers].map(micros),
      `${Math.round(((main + workers) / oneProcess - 1) * 100)} %`,
      digits(gain),
    ]),
  )

const tables = {
  workers: workersTable,
  costs: costsTable,
  limits: limitsTable,
  connections: connectionsTable,
  deliveries: deliveriesTable,
  hub: hubTable,
  hops: hopsTable,
} as const

/**
 * Replaces the tables in a text: each is between `<!-- NAME -->` and `<!-- end of NAME -->`. Throws if the text lacks a place.
 */
export const withTables = (text: string, costs: Costs): string =>
  Object.entries(tables).reduce((written, [name, render]) => {
    const [before, rest] = written.split(`<!-- ${name} -->\n`)
    const [, after] = rest?.split(`\n<!-- end of ${name} -->`) ?? []
    if (after === undefined) throw new Error(`the text has no place for the table "${name}"`)
    return `${before}<!-- ${name} -->\n\n${render(costs)}\n\n<!-- end of ${name} -->${after}`
  }, text)
