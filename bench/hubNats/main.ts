// Compares a fan-out through two nodes of a hub on NATS with nats-server and its own clients, and with a hub in memory.
import { type ChildProcess, fork, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, type Spread, spread } from "../runner/statistics.ts"
import { serveNode } from "./node.ts"

const ways = ["nats-server alone, its own clients", "two nodes on NATS", "one hub in memory"] as const
type Way = (typeof ways)[number]

/** The least ratio of the deliveries of two nodes to those of nats-server alone. The report marks a ratio below it. */
const floor = 1

/** The loads: the number of subscribers, and of messages of 100 bytes. */
const loads = [
  { members: 1, messages: 1_000_000 },
  { members: 30, messages: 300_000 },
  { members: 200, messages: 50_000 },
] as const
type Load = (typeof loads)[number]
const payloadBytes = 100

const script = fileURLToPath(import.meta.url)

interface Running {
  /** The port of the publisher, and that of the subscribers. */
  readonly publish: number
  readonly subscribe: number
  readonly pids: ReadonlyArray<number>
  readonly end: () => Promise<void>
}

const startNats = async (): Promise<{
  readonly port: number
  readonly child: ChildProcess
  readonly folder: string
}> => {
  const folder = mkdtempSync(join(tmpdir(), "tcpfx-bench-"))
  const config = join(folder, "nats.conf")
  writeFileSync(config, 'max_pending: 1GB\nwrite_deadline: "60s"\n')
  const args = ["-c", config, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder]
  const child = spawn("nats-server", args, { stdio: "ignore" })
  for (;;) {
    const name = readdirSync(folder).find((one) => one.endsWith(".ports"))
    const text = name === undefined ? "" : readFileSync(join(folder, name), "utf8")
    if (text !== "") return { port: Number(new URL(JSON.parse(text).nats[0]).port), child, folder }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const startNode = async (hub: string): Promise<{ readonly port: number; readonly child: ChildProcess }> => {
  const child = fork(script, ["node", hub], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const [message] = await once(child, "message")
  return { port: Number(message), child }
}

const endOf = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "exit")
  child.kill()
  await ended
}

const start = async (way: Way): Promise<Running> => {
  if (way === "one hub in memory") {
    const { child, port } = await startNode("")
    return { publish: port, subscribe: port, pids: [child.pid ?? 0], end: () => endOf(child) }
  }
  const nats = await startNats()
  const endNats = async () => {
    await endOf(nats.child)
    rmSync(nats.folder, { recursive: true, force: true })
  }
  const pid = nats.child.pid ?? 0
  if (way !== "two nodes on NATS") return { publish: nats.port, subscribe: nats.port, pids: [pid], end: endNats }
  const url = `nats://127.0.0.1:${nats.port}`
  const a = await startNode(url)
  const b = await startNode(url)
  return {
    publish: a.port,
    subscribe: b.port,
    pids: [pid, a.child.pid ?? 0, b.child.pid ?? 0],
    end: async () => {
      await Promise.all([endOf(a.child), endOf(b.child)])
      await endNats()
    },
  }
}

/** The CPU time of a process, milliseconds (proc(5), utime and stime in ticks of 10 ms). */
const cpuMillisOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const opened = async (port: number, hello: string): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true })
  await once(socket, "connect")
  if (hello !== "") {
    socket.write(hello)
    // The server answers the PING after everything before it.
    for (let text = ""; !text.includes("PONG"); ) text += String((await once(socket, "data"))[0])
  }
  return socket
}

interface Measured {
  readonly deliveries: number
  /** CPU time of a delivery, microseconds: of all servers together, and of the server that needs most. */
  readonly cpuMicros: number
  readonly busiestMicros: number
}

const measure = async (way: Way, { members, messages }: Load): Promise<Measured> => {
  const running = await start(way)
  const isNats = way.startsWith("nats-server")
  const connectText = 'CONNECT {"verbose":false,"pedantic":false}\r\n'
  const payload = "a".repeat(payloadBytes - 1)
  const message = isNats ? `PUB s ${payloadBytes}\r\n${payload}a\r\n` : `${payload}\n`
  const delivered = isNats ? `MSG s 1 ${payloadBytes}\r\n`.length + payloadBytes + 2 : payloadBytes
  const due = members * messages * delivered
  const sockets: Array<Socket> = []
  let got = 0
  let finish = (): void => {}
  const all = new Promise<void>((resolve) => {
    finish = resolve
  })
  for (let member = 0; member < members; member++) {
    const socket = await opened(running.subscribe, isNats ? `${connectText}SUB s 1\r\nPING\r\n` : "")
    socket.on("data", (bytes) => {
      got += bytes.length
      if (got >= due) finish()
    })
    sockets.push(socket)
  }
  const publisher = await opened(running.publish, isNats ? `${connectText}PING\r\n` : "")
  sockets.push(publisher)
  publisher.resume()
  const perWrite = 500
  const block = Buffer.from(message.repeat(perWrite))
  const cpuBefore = running.pids.map(cpuMillisOf)
  const begun = performance.now()
  for (let sent = 0; sent < messages; sent += perWrite) {
    if (!publisher.write(block)) await once(publisher, "drain")
  }
  await all
  const seconds = (performance.now() - begun) / 1000
  const micros = running.pids.map(
    (pid, at) => ((cpuMillisOf(pid) - (cpuBefore[at] ?? 0)) * 1000) / (members * messages),
  )
  for (const socket of sockets) socket.destroy()
  await running.end()
  return {
    deliveries: (members * messages) / seconds,
    cpuMicros: micros.reduce((sum, one) => sum + one, 0),
    busiestMicros: Math.max(...micros),
  }
}

const figure = (figures: Spread | undefined, digits: number): string =>
  figures === undefined
    ? "–"
    : `${figures.median.toFixed(digits)} (${figures.min.toFixed(digits)}–${figures.max.toFixed(digits)})`

const tableOf = async (load: Load, runs: number): Promise<string> => {
  const results = new Map<Way, Array<Measured>>(ways.map((way) => [way, []]))
  for (let run = 0; run < runs; run++) {
    for (const way of rotate(ways, run * 2)) results.get(way)?.push(await measure(way, load))
  }
  const [alone, nodes] = ways
  const base = results.get(alone) ?? []
  const rows = ways.map((way) => {
    const own = results.get(way) ?? []
    const ratio = spread(own.map(({ deliveries }, run) => deliveries / (base[run]?.deliveries ?? Number.NaN)))
    const mark = way === nodes && ratio !== undefined && ratio.median < floor ? `, **below ${floor}**` : ""
    const rate = figure(spread(own.map(({ deliveries }) => deliveries / 1e6)), 2)
    const cpu = figure(spread(own.map(({ cpuMicros }) => cpuMicros)), 3)
    const busiest = figure(spread(own.map(({ busiestMicros }) => busiestMicros)), 3)
    return `| ${way} | ${rate} | ${figure(ratio, 2)}${mark} | ${cpu} | ${busiest} |`
  })
  return `## ${load.members} subscriber${load.members === 1 ? "" : "s"}

${load.messages} messages of ${payloadBytes} bytes from one publisher.

| way | million deliveries/s | beside nats-server alone | CPU of all servers, µs a delivery | CPU of the busiest server, µs a delivery |
|---|---|---|---|---|
${rows.join("\n")}
`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, runs: { type: "string", default: "5" } },
  })
  const runs = values.quick ? 1 : Number(values.runs)
  const tables: Array<string> = []
  for (const load of loads) tables.push(await tableOf(load, runs))
  const project = projectFolder(dirname(script))
  const machine = describeMachine()
  const report = `# The hub on NATS

${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; a ratio compares figures of the same run. Commit ${commitOf(project)}.

One publisher sends as fast as it can, over TCP on loopback. All clients and all servers share the cores of one machine. With two
nodes, the publisher is a client of the first node and the subscribers are clients of the second one. The clients of nats-server
speak its protocol. A ratio of two nodes below ${floor} is marked, because two nodes should not be slower than nats-server alone.

With one subscriber, nothing is fanned out: each message passes three servers in place of one, and all of them share the cores. With
a core for each server, the busiest server is the limit.

${tables.join("\n")}`
  process.stdout.write(report)
  if (!values.quick) writeFileSync(join(project, "bench", "results", "hub-nats.md"), report)
}

if (process.argv[2] === "node") await serveNode(process.argv[3] ?? "")
else await main()
