// Measures how `tcpfx serve --workers` scales. See bench/README.md.
import { writeFileSync } from "node:fs"
import { loadavg, setPriority } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "../runner/bundle.ts"
import { type Generator, type LoadOptions, makeGenerator, startLoad } from "../runner/load.ts"
import type { LoadArguments } from "../runner/model.ts"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, spread } from "../runner/statistics.ts"
import { type Cap, canCap, makeCap } from "./capped.ts"
import { startServer } from "./server.ts"

const { values: given } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
  },
})
const isQuick = given.quick
const runs = isQuick ? 1 : Number(given.runs)
const seconds = isQuick ? 0.5 : Number(given.seconds)
const warmup = isQuick ? 0.2 : 1.5

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))

interface Work {
  readonly title: string
  readonly unit: string
  readonly work: LoadOptions["work"]
  readonly args: ReadonlyArray<string>
  readonly load: LoadArguments
}

const echo = ["--mode", "echo"]
const broker = ["--broker", "--frame", "line", "--slow-consumer", "block"]
const works: ReadonlyArray<Work> = [
  {
    title: "echo, 50 connections, one message in flight, 64 B",
    unit: "round trip",
    work: "echo",
    args: echo,
    load: { connections: 50, depth: 1, size: 64 },
  },
  {
    title: "echo, 50 connections, 32 in flight, 64 B",
    unit: "round trip",
    work: "echo",
    args: echo,
    load: { connections: 50, depth: 32, size: 64 },
  },
  {
    title: "relay, everybody publishes, 100 connections, one message in flight, 64 B",
    unit: "delivery",
    work: "fanout",
    args: broker,
    load: { everybody: 1, subscribers: 100, size: 64, depth: 1, proto: "raw" },
  },
  {
    title: "relay, 1 → 100, flat out, 64 B",
    unit: "delivery",
    work: "fanout",
    args: broker,
    load: { subscribers: 100, size: 64, proto: "raw" },
  },
  {
    title: "connections, opened, one echo, closed, 64 at a time",
    unit: "connection",
    work: "churn",
    args: echo,
    load: { concurrency: 64 },
  },
]

const ways: ReadonlyArray<readonly [name: string, args: ReadonlyArray<string>, workers: number]> = [
  ["one process", [], 1],
  ["1 worker", ["--workers", "1"], 1],
  ["2 workers", ["--workers", "2"], 2],
]

interface Measured {
  readonly perSecond: number
  /** CPU time of a unit, microseconds: of the main process, and of its workers. */
  readonly mainMicros: number
  readonly workerMicros: number
  /** The units of one write call of the processes that serve the clients. */
  readonly unitsOfWrite: number
  /** The share of the window in which the generator had a core. */
  readonly ran: number
  readonly faults: number
}

const measure = (
  generator: Generator,
  { args, load, work }: Work,
  more: ReadonlyArray<string>,
  share: number | undefined,
): Effect.Effect<Measured> =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startServer(project, [...args, ...more])),
      (started) => Effect.promise(started.end),
    )
    raisePriority(server.pids)
    const cpu = { begin: server.cpu(), end: server.cpu() }
    const writes = { begin: server.writes(), end: server.writes() }
    const running = yield* startLoad({
      generator,
      work,
      load: { ...load, port: server.port, warmup, seconds, limit: 60 },
      onPhase: (phase) => {
        cpu[phase] = server.cpu()
        writes[phase] = server.writes()
      },
    })
    const caps: Array<Cap> = []
    if (share !== undefined) {
      if (work !== "churn") yield* running.connected
      for (const pid of server.pids) {
        const cap = makeCap(share)
        caps.push(cap)
        cap.add(pid)
      }
    }
    const result = yield* running.result
    for (const cap of caps) cap.remove()
    const units = result.delivered ?? result.roundTrips ?? result.connections ?? Number.NaN
    const { corrupt = 0, doubled = 0, failed = 0, lost = 0, own = 0, reordered = 0, torn = 0 } = result
    return {
      perSecond: result.perSecond ?? Number.NaN,
      mainMicros: (cpu.end[0] - cpu.begin[0]) / units / 1000,
      workerMicros: (cpu.end[1] - cpu.begin[1]) / units / 1000,
      unitsOfWrite: units / (writes.end - writes.begin),
      ran: result.ran ?? Number.NaN,
      faults: corrupt + doubled + failed + lost + own + reordered + torn,
    }
  }).pipe(Effect.scoped, Effect.orDie)

/** Other programs of the machine should not get the cores first. Only root may do this. */
const raisePriority = (pids: ReadonlyArray<number>): void => {
  try {
    for (const pid of pids) setPriority(pid, -10)
  } catch {
    // The figures are then those of a shared machine.
  }
}

const figure = (values: ReadonlyArray<number>, digits: number): string => {
  const figures = spread(values)
  if (figures === undefined) return "–"
  const [median, min, max] = [figures.median, figures.min, figures.max].map((value) => value.toFixed(digits))
  return `${median} (${min}–${max})`
}

const measureAll = (generator: Generator, share: number | undefined) =>
  Effect.gen(function* () {
    const results = new Map<string, Array<Measured>>()
    for (let run = 0; run < runs; run++) {
      for (const work of works) {
        for (const [name, args] of rotate(ways, run)) {
          const key = `${work.title} ${name}`
          const known = results.get(key) ?? []
          results.set(key, known)
          known.push(yield* measure(generator, work, args, share))
        }
      }
    }
    const rows = works.flatMap((work) =>
      ways.map(([name, , count]) => {
        const own = results.get(`${work.title} ${name}`) ?? []
        const beside = results.get(`${work.title} ${ways[0]?.[0]}`) ?? []
        const ratios = own.map(({ perSecond }, run) => perSecond / (beside[run]?.perSecond ?? Number.NaN))
        // With a core for each process, the busiest process is the limit.
        const busiest = ({ mainMicros, workerMicros }: Measured): number => Math.max(mainMicros, workerMicros / count)
        const byCpu = own.map((one, run) => (beside[run]?.mainMicros ?? Number.NaN) / busiest(one))
        const faults = own.reduce((sum, one) => sum + one.faults, 0)
        return `| ${[
          work.title,
          name,
          figure(
            own.map(({ perSecond }) => perSecond),
            0,
          ),
          name === ways[0]?.[0] ? "–" : figure(ratios, 2),
          name === ways[0]?.[0] ? "–" : figure(byCpu, 2),
          figure(
            own.map(({ mainMicros }) => mainMicros),
            4,
          ),
          figure(
            own.map(({ workerMicros }) => workerMicros),
            4,
          ),
          figure(
            own.map(({ unitsOfWrite }) => unitsOfWrite),
            1,
          ),
          figure(
            own.map(({ ran }) => ran),
            2,
          ),
          `${faults}`,
        ].join(" | ")} |`
      }),
    )
    return `| work | server | units/s | ratio | ratio by CPU time | main process, µs of CPU a unit | workers, µs of CPU a unit | units a write | generator had a core | faults |
|---|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}`
  })

const share = 0.1

const program = Effect.gen(function* () {
  const temporary = yield* temporaryFolder(project)
  // The generator inherits the priority of this process.
  raisePriority([process.pid])
  const generator = yield* makeGenerator({ project, temporary })
  const loads = [loadavg()[0] ?? 0]
  const capped = canCap() ? yield* measureAll(generator, share) : "This machine does not let the bench limit CPU time."
  const free = yield* measureAll(generator, undefined)
  loads.push(loadavg()[0] ?? 0)
  const { cores, cpu, memoryGiB, node, system } = describeMachine()
  const report = `# Workers

${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; commit ${commitOf(project) ?? "unknown"}. The generator is ${generator.description}. The load
average of the machine was ${loads.map((load) => load.toFixed(1)).join(" before and ")} after. \`npm run bench:workers\` measures again.

The server is \`tcpfx serve --no-traffic\`, in one process and with \`--workers\`. Figures are the median (range) of ${runs} interleaved runs of
${seconds} s. A ratio compares figures of the same run. The ratio by CPU time is the CPU time of a unit in one process, divided by the CPU time
of a unit in the busiest process of the server with workers.

"Units a write" is the number of units divided by the write calls of the processes that serve the clients.

The generator checks each byte; it has one thread and never sleeps. "Generator had a core" is the share of the time in which it ran.
Below 1, it waited for a core too. Then the rates show what the whole machine did, not the limit of the server. The ratio by CPU time
does not count the time in which a process waits for a core.

## Each process with a tenth of a core

A server with two workers and the generator need three cores or more. So here each process of a server gets at most ${share * 100} % of a
core (\`cpu.cfs_quota_us\`), which leaves the rest of the machine to the generator and to other programs.

${capped}

## Without a limit

The server, the generator and other programs share the cores of this machine.

${free}
`
  process.stdout.write(report)
  if (!isQuick) writeFileSync(join(project, "bench", "results", "workers.md"), report)
})

await Effect.runPromise(Effect.scoped(program))
