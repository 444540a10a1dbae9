import type { Metric } from "../runner/model.ts"
import { hopMicros } from "./hops.ts"
import type { Sources } from "./sources.ts"

/** The figures that the plan adds to those of the bench. */
export const plan = {
  connections: 1_000_000,
  deliveriesPerSecond: 10_000_000,
  payloadBytes: 64,
  /** The cores of a machine. One core is left to the kernel, to NATS or to the process that accepts. */
  cores: 8,
  networkBits: 10e9,
  /** The part of a core, of the network and of the time of a drain that the plan uses. */
  utilisation: 0.6,
  /** The default of `--drain`. */
  drainSeconds: 5,
  /** The headers of a packet: Ethernet with preamble and gap 38 bytes, IPv4 20, TCP with timestamps 32. */
  packetBytes: 90,
  segmentBytes: 1_448,
} as const

/** A way in which messages arrive, with the row of the bench that measures it. */
export interface Load {
  readonly name: string
  readonly row: string
  /** Whether each delivery is a packet of its own. Otherwise deliveries share writes and packets. */
  readonly isAlone: boolean
}

export const loads: ReadonlyArray<Load> = [
  { name: "each message alone, 1 000 a second to 100 clients", row: "latency", isAlone: true },
  { name: "100 clients, each with one message in flight", row: "everybody-100", isAlone: false },
  { name: "500 clients, each with one message in flight", row: "everybody-500", isAlone: false },
  { name: "one publisher flat out to 1 000 clients", row: "fanout-1000", isAlone: false },
]

/** The contenders of the bench in the table of costs. The plan is for the first. */
export const contenders = [
  { id: "cli", title: "command" },
  { id: "library", title: "library" },
  { id: "nats-server", title: "nats-server" },
] as const
export type Contender = (typeof contenders)[number]["id"]

/** The medians of the stored results. */
export class Costs {
  readonly sources: Sources

  constructor(sources: Sources) {
    this.sources = sources
  }

  /** A median, or `undefined` if the contender does not take part in the row. */
  find(row: string, metric: Metric, of: Contender): number | undefined {
    return this.sources.report.rows
      .find((one) => one.row.id === row)
      ?.contenders.find(({ contender }) => contender.id === of)?.values[metric]?.median
  }

  /** A median of the command, or of another contender. Throws if the report lacks it. */
  get(row: string, metric: Metric, of: Contender = "cli"): number {
    const found = this.find(row, metric, of)
    if (found === undefined) throw new Error(`the results of the bench have no ${metric} of ${of} in the row ${row}`)
    return found
  }

  /** The CPU time of one unit of a row, nanoseconds. */
  nanos(row: string, of: Contender = "cli"): number {
    return this.get(row, "cpuNanosPerUnit", of)
  }

  /** The number of units that one core carries in a second. */
  perCore(row: string): number {
    return 1e9 / this.nanos(row)
  }

  /** The memory of an idle connection, with that of the kernel. */
  memory(): number {
    return this.get("idle", "bytesPerConnection") + this.sources.kernelBytes
  }

  /** The CPU time of a hop in the nodes and in NATS, nanoseconds: the highest of all measured loads. */
  hopNanos(): number {
    if (this.sources.hub.length === 0) throw new Error("hub-nats.md has no load")
    return Math.max(...this.sources.hub.map(hopMicros)) * 1e3
  }

  /** The number of connections that a process ends within the planned part of a drain. */
  connectionsPerProcess(): number {
    const stopped = Number(this.sources.report.rows.find(({ row }) => row.id === "stop")?.row.load["connections"])
    const nanosEach = (this.get("stop", "stopMillis") * 1e6) / stopped
    return (plan.drainSeconds * plan.utilisation * 1e9) / nanosEach
  }
}

/** The bytes of a delivery on the network. Deliveries that travel together share packets. */
export const bytesOnNetwork = (isAlone: boolean): number => {
  const packets = isAlone ? 1 : plan.payloadBytes / plan.segmentBytes
  return plan.payloadBytes + plan.packetBytes * packets
}
