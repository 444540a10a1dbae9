import { figureIn, type MarkdownRow, tablesIn } from "./markdown.ts"

/** The CPU time of a delivery, microseconds, in the ways of bench/results/hub-nats.md. */
export interface HubLoad {
  readonly subscribers: number
  readonly natsAlone: number
  readonly twoNodes: number
  readonly oneHub: number
}

const cpuOf = (rows: ReadonlyArray<MarkdownRow>, way: string): number => {
  const row = rows.find((one) => one["way"]?.startsWith(way))
  if (row === undefined) throw new Error(`hub-nats.md has no row "${way}"`)
  return figureIn(row, "CPU of all servers, µs a delivery")
}

/** Reads bench/results/hub-nats.md. */
export const readHubLoads = (text: string): ReadonlyArray<HubLoad> =>
  [...tablesIn(text)].flatMap(([heading, rows]) => {
    const subscribers = /^(\d+) subscribers?$/.exec(heading)?.[1]
    if (subscribers === undefined) return []
    return [
      {
        subscribers: Number(subscribers),
        natsAlone: cpuOf(rows, "nats-server alone"),
        twoNodes: cpuOf(rows, "two nodes"),
        oneHub: cpuOf(rows, "one hub"),
      },
    ]
  })

/** The CPU time that a message costs more because its receivers are on another node, microseconds. */
export const hopMicros = ({ oneHub, subscribers, twoNodes }: HubLoad): number =>
  Math.max(0, (twoNodes - oneHub) * subscribers)

/** The CPU time of a unit of work, microseconds: in one process, and with two workers in their processes. */
export interface WorkerLoad {
  readonly work: string
  readonly oneProcess: number
  readonly main: number
  readonly workers: number
  /** How much more work the busiest process allows with a core for each process. */
  readonly gain: number
}

const ofMain = "main process, µs of CPU a unit"

/**
 * Reads bench/results/workers.md: the table with a limit of CPU time, in which the processes disturb each other least, or
 * else the other one.
 */
export const readWorkerLoads = (text: string): ReadonlyArray<WorkerLoad> => {
  const rows = [...tablesIn(text).values()].find((table) => table.length > 0) ?? []
  const works = [...new Set(rows.map((row) => row["work"] ?? ""))]
  return works.map((work) => {
    const rowOf = (server: string): MarkdownRow => {
      const found = rows.find((row) => row["work"] === work && row["server"] === server)
      if (found === undefined) throw new Error(`workers.md has no row "${work}" with "${server}"`)
      return found
    }
    const two = rowOf("2 workers")
    return {
      work,
      oneProcess: figureIn(rowOf("one process"), ofMain),
      main: figureIn(two, ofMain),
      workers: figureIn(two, "workers, µs of CPU a unit"),
      gain: figureIn(two, "ratio by CPU time"),
    }
  })
}
