// Compares the sockets of `tcpfx/platform` with those of `@effect/platform-node`: Effect RPC, idle connections, and
// behaviour. Each server and each client runs in its own process, so that the JIT-compiled code of one contender does
// not affect the other.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { connect, type Socket as NetSocket } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { SocketServer } from "@effect/platform/SocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, spread } from "../runner/statistics.ts"
import { endWithStuckPeer, order, readWhileBusy, replyAfterFin } from "./behaviour.ts"
import { type Measured, measureCalls, serveCalls, type Work, works } from "./calls.ts"
import { type Contender, contenders, names, port } from "./contenders.ts"

const idleConnections = 2000

const behaviours = {
  "bytes that a server reads while its handler is busy, of 64 MiB": readWhileBusy,
  "two payloads, the first with a longer effect": order,
  "the reply to a peer that has sent FIN": replyAfterFin,
  "the end of a server with a peer that does not read": endWithStuckPeer,
} as const
type Behaviour = keyof typeof behaviours

/** Serves connections with a handler that takes payloads and does nothing. */
const serveIdle = Layer.scopedDiscard(
  Effect.flatMap(SocketServer, (server) => Effect.forkScoped(server.run((socket) => socket.run(() => {})))),
)

const serve = (contender: Contender, idle: boolean): Promise<never> =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Layer.provideMerge(idle ? serveIdle : serveCalls, contenders[contender].server))
    process.on("message", () => {
      globalThis.gc?.()
      const { external, heapUsed, rss } = process.memoryUsage()
      process.send?.({ rss, heap: heapUsed + external })
    })
    process.send?.(yield* Effect.provide(port, context))
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.runPromise)

const start = (...args: ReadonlyArray<string>): ChildProcess =>
  fork(fileURLToPath(import.meta.url), args, { execArgv: ["--expose-gc"] })

const said = async <A>(child: ChildProcess): Promise<A> => {
  const [message] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`a process of the bench ended with ${code}`))),
  ])
  return message as A
}

const withServer = async <A>(
  contender: Contender,
  kind: "idle" | "calls",
  use: (port: number, server: ChildProcess) => Promise<A>,
): Promise<A> => {
  const server = start("serve", contender, kind)
  try {
    return await use(await said<number>(server), server)
  } finally {
    server.kill("SIGKILL")
  }
}

const callsOf = (contender: Contender, scale: number) =>
  withServer(contender, "calls", async (port) => {
    const client = start("calls", contender, String(port), String(scale))
    try {
      return await said<Record<Work, Measured>>(client)
    } finally {
      client.kill("SIGKILL")
    }
  })

interface Memory {
  readonly rss: number
  readonly heap: number
}

const memoryOf = (contender: Contender) =>
  withServer(contender, "idle", async (port, server) => {
    const open = async (count: number) => {
      const opened: Array<NetSocket> = []
      for (let index = 0; index < count; index++) {
        const socket = connect(port, "127.0.0.1")
        await once(socket, "connect")
        opened.push(socket)
      }
      return opened
    }
    const ask = () => {
      server.send("memory")
      return said<Memory>(server)
    }
    const sockets = await open(100)
    const before = await ask()
    sockets.push(...(await open(idleConnections)))
    const after = await ask()
    for (const socket of sockets) socket.destroy()
    return { rss: (after.rss - before.rss) / idleConnections, heap: (after.heap - before.heap) / idleConnections }
  })

interface Result {
  readonly calls: Array<Record<Work, Measured>>
  readonly memory: Array<Memory>
  readonly behaviour: Partial<Record<Behaviour, string>>
}

const figure = (values: ReadonlyArray<number>, digits = 0): string => {
  const figures = spread(values)
  if (figures === undefined) return "–"
  return `${figures.median.toFixed(digits)} (${figures.min.toFixed(digits)}–${figures.max.toFixed(digits)})`
}

const reportOf = (results: Readonly<Record<Contender, Result>>, runs: number, project: string): string => {
  const machine = describeMachine()
  const row = (label: string, cell: (contender: Contender) => string) =>
    `| ${[label, ...names.map(cell)].join(" | ")} |`
  const head = (label: string) => `${row(label, (name) => `\`${name}\``)}\n|---|${names.map(() => "---|").join("")}`
  const each = (contender: Contender, work: Work, key: keyof Measured) =>
    results[contender].calls.map((measured) => measured[work][key])
  const ofWork = (work: Work) => [
    row(`${work}: each second`, (name) => figure(each(name, work, "perSecond"))),
    row(`${work}: CPU of the client, µs`, (name) => figure(each(name, work, "clientMicros"), 1)),
    row(`${work}: CPU of the server, µs`, (name) => figure(each(name, work, "serverMicros"), 1)),
  ]
  return `# Sockets of the platform

${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; median (range). Commit ${commitOf(project)}.

Effect RPC with MessagePack over TCP on 127.0.0.1, one connection. The server and the client have a process each, and both use
the sockets of the column. Most of the CPU time belongs to RPC and Schema, which are the same in both columns.

${head("work")}
${(Object.keys(works) as ReadonlyArray<Work>).flatMap(ofWork).join("\n")}
${row("resident set of an idle connection, bytes", (name) => figure(results[name].memory.map(({ rss }) => rss)))}
${row("heap of an idle connection, bytes", (name) => figure(results[name].memory.map(({ heap }) => heap)))}

An idle connection has a handler that waits for a payload. There are ${idleConnections} of them.

${head("behaviour of a server")}
${(Object.keys(behaviours) as ReadonlyArray<Behaviour>).map((key) => row(key, (name) => results[name].behaviour[key] ?? "–")).join("\n")}
`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, runs: { type: "string", default: "5" } },
  })
  const runs = values.quick ? 1 : Number(values.runs)
  const results = Object.fromEntries(
    names.map((name): [Contender, Result] => [name, { calls: [], memory: [], behaviour: {} }]),
  ) as Record<Contender, Result>
  for (let run = 0; run < runs; run++) {
    for (const name of rotate(names, run)) {
      results[name].calls.push(await callsOf(name, values.quick ? 0.05 : 1))
      results[name].memory.push(await memoryOf(name))
    }
  }
  for (const name of names) {
    for (const [key, measure] of Object.entries(behaviours) as ReadonlyArray<[Behaviour, typeof order]>) {
      results[name].behaviour[key] = await Effect.runPromise(measure(name))
    }
  }
  const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
  const report = reportOf(results, runs, project)
  process.stdout.write(report)
  if (!values.quick) writeFileSync(join(project, "bench", "results", "platform.md"), report)
  // A server may still hang because of the peer that does not read, so the process exits here.
  process.exit()
}

const [mode, contender, ...rest] = process.argv.slice(2)
if (mode === "serve") await serve(contender as Contender, rest[0] === "idle")
else if (mode === "calls") {
  process.send?.(await Effect.runPromise(measureCalls(contender as Contender, Number(rest[0]), Number(rest[1]))))
} else await main()
