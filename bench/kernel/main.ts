// Measures the memory of the kernel for an idle TCP connection. Needs root, because only root can read /proc/slabinfo.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { median } from "../runner/statistics.ts"
import { readSlabs, type SlabCost, slabCosts } from "./slabs.ts"

const connections = 8_000
const runs = 5
const atOnce = 100
const script = fileURLToPath(import.meta.url)

/** Accepts connections, and says when it has all of them. */
const serve = (): void => {
  const accepted: Array<Socket> = []
  const server = createServer((socket) => {
    if (accepted.push(socket.on("error", () => {})) === connections) process.send?.("full")
  })
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
    const address = server.address()
    process.send?.(typeof address === "object" && address !== null ? address.port : 0)
  })
}

/** Connects to a port, and keeps the connections. */
const dial = async (port: number): Promise<void> => {
  for (let open = 0; open < connections; open += atOnce) {
    const group = Array.from({ length: Math.min(atOnce, connections - open) }, () => connect(port, "127.0.0.1"))
    await Promise.all(
      group.map((socket) =>
        once(
          socket.on("error", () => {}),
          "connect",
        ),
      ),
    )
  }
}

const started = (...args: ReadonlyArray<string>): ChildProcess =>
  fork(script, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] })

const ended = async (child: ChildProcess): Promise<void> => {
  const exit = once(child, "exit")
  child.kill("SIGKILL")
  await exit
}

/** The objects for one socket of a loopback connection, whose two ends are sockets of this kernel. */
const measure = async (): Promise<ReadonlyArray<SlabCost>> => {
  const server = started("serve")
  try {
    const [port] = await once(server, "message")
    const before = readSlabs()
    const full = once(server, "message")
    const client = started("dial", `${port}`)
    try {
      await full
      return slabCosts(before, readSlabs(), connections * 2)
    } finally {
      await ended(client)
    }
  } finally {
    await ended(server)
  }
}

const bytesOf = (costs: ReadonlyArray<SlabCost>): number =>
  costs.reduce((sum, { bytesEach, perSocket }) => sum + perSocket * bytesEach, 0)

const main = async (): Promise<void> => {
  const measured: Array<ReadonlyArray<SlabCost>> = []
  for (let run = 0; run < runs; run++) measured.push(await measure())
  const bytes = median(measured.map(bytesOf))
  const caches = measured.find((costs) => bytesOf(costs) === bytes) ?? []
  const project = projectFolder(dirname(script))
  const { system } = describeMachine()
  const result = {
    version: 1,
    system,
    commit: commitOf(project) ?? "unknown",
    connections,
    runs,
    bytes: Math.round(bytes),
    caches,
  }
  writeFileSync(join(project, "bench", "results", "kernel.json"), `${JSON.stringify(result, undefined, 2)}\n`)
  process.stdout.write(
    `${Math.round(bytes)} bytes for each socket (${measured.map((costs) => Math.round(bytesOf(costs))).join(", ")})\n`,
  )
  for (const { bytesEach, name, perSocket } of caches) process.stdout.write(`${name} ${perSocket} × ${bytesEach}\n`)
}

const [part, port] = process.argv.slice(2)
if (part === "serve") serve()
else if (part === "dial") await dial(Number(port))
else await main()
