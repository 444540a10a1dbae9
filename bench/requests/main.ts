// Compares the cost of a request with `Requests` of tcpfx/protocol with the cost of the same request written by hand.
// The echo server runs in its own process, so the CPU time is the time of the client alone.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { NodeTransport } from "tcpfx/transport"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, spread } from "../runner/statistics.ts"
import { alone, depths, type Figures, measure, type Way, ways } from "./measure.ts"

/** The maximum CPU time of a request, in microseconds. The report marks a figure above it. */
const ceiling = 40

interface Result {
  readonly way: Way
  readonly inFlight: number
  readonly figures: Array<Figures>
}

const serveEcho = (): void => {
  const server = createServer((socket) =>
    socket
      .setNoDelay()
      .pipe(socket)
      .on("error", () => socket.destroy()),
  )
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
}

const figure = (values: ReadonlyArray<number>, digits: number): string => {
  const figures = spread(values)
  if (figures === undefined) return "–"
  return `${figures.median.toFixed(digits)} (${figures.min.toFixed(digits)}–${figures.max.toFixed(digits)})`
}

const rowOf = ({ figures, inFlight, way }: Result): string => {
  const cpu = figures.map(({ cpuMicros }) => cpuMicros)
  const isAbove = way !== alone && !way.endsWith("by hand") && (spread(cpu)?.median ?? 0) > ceiling
  return [
    way,
    inFlight,
    `${figure(cpu, 1)}${isAbove ? `, **above ${ceiling}**` : ""}`,
    figure(
      figures.map(({ perSecond }) => perSecond),
      0,
    ),
  ].join(" | ")
}

const reportOf = (results: ReadonlyArray<Result>, runs: number, project: string): string => {
  const machine = describeMachine()
  return `# Requests and replies

${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; median (range). Commit ${commitOf(project)}.

One connection over TCP on 127.0.0.1 to an echo server in another process. The CPU time is that of the client's process for one
request and its reply, with the system calls. A message has about 40 bytes and is a line. Each request has a deadline. The ceiling
for \`Requests\` is ${ceiling} µs. "By hand" has a \`Deferred\`, a lock and an \`Effect.timeoutFail\` for each request. A
socket of Node alone shows the part of the system calls: one request in flight costs at least one poll, one read and one write.
Other programs on the machine make this row and the others dearer, so compare them within one run.

| way | in flight | CPU for each request, µs | requests each second |
|---|---|---|---|
${results.map((result) => `| ${rowOf(result)} |`).join("\n")}
`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string", default: "5" },
      requests: { type: "string", default: "40000" },
    },
  })
  const runs = values.quick ? 1 : Number(values.runs)
  const requests = values.quick ? 2000 : Number(values.requests)
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), "server"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  try {
    const [port] = (await once(createInterface({ input: server.stdout }), "line")) as [string]
    const names = [...(Object.keys(ways) as ReadonlyArray<keyof typeof ways>), alone] as const
    const results: ReadonlyArray<Result> = names.flatMap((way) =>
      depths.map((inFlight) => ({ way, inFlight, figures: [] })),
    )
    for (let run = 0; run < runs; run++) {
      for (const { figures, inFlight, way } of rotate(results, run)) {
        const measured = measure(Number(port), way, inFlight, requests)
        figures.push(await Effect.runPromise(Effect.provide(measured, NodeTransport.layer)))
      }
    }
    const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
    const report = reportOf(results, runs, project)
    process.stdout.write(report)
    if (!values.quick) writeFileSync(join(project, "bench", "results", "requests.md"), report)
  } finally {
    server.kill()
  }
}

if (process.argv[2] === "server") serveEcho()
else await main()
