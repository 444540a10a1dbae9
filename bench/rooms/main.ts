// Compares the CPU time of a fan-out in a room with a fan-out in the hub of a server. Measures the memory of many
// rooms.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { commitOf, projectFolder } from "../runner/project.ts"
import { describeMachine } from "../runner/report.ts"
import { rotate, type Spread, spread } from "../runner/statistics.ts"
import { type FromServer, load, serveFanout, type Way, ways } from "./fanout.ts"
import { measureMemory, memoryLoad } from "./memory.ts"

/**
 * The maximum ratio of the CPU time of a room to the CPU time of the hub of the server. The report marks a ratio above
 * it.
 */
const ceiling = 1.2
/** The maximum memory of a room with its members, in bytes. */
const memoryCeiling = 4096

const script = fileURLToPath(import.meta.url)

const said = async <T extends FromServer["_tag"]>(child: ChildProcess, tag: T) => {
  const [message] = (await once(child, "message")) as [FromServer]
  if (message._tag !== tag) throw new Error(`the server said ${message._tag} instead of ${tag}`)
  return message as Extract<FromServer, { readonly _tag: T }>
}

/** Returns the CPU time of the server in milliseconds. */
const measureFanout = async (way: Way): Promise<number> => {
  const child = fork(script, ["fanout", way], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const { port } = await said(child, "Listening")
  const due = load.members * load.messages * load.bytes
  let got = 0
  const used = said(child, "Used")
  const sockets: Array<Socket> = []
  const open = async (): Promise<void> => {
    const socket = connect(port, "127.0.0.1")
    sockets.push(socket)
    socket.on("data", (bytes) => {
      got += bytes.length
      if (got === due) child.send("done")
    })
    await once(socket, "connect")
  }
  for (let member = 0; member < load.members; member++) await open()
  if (way.endsWith("by a member")) await open()
  const { cpuMillis } = await used
  const ended = once(child, "exit")
  for (const socket of sockets) socket.destroy()
  child.disconnect()
  await ended
  return cpuMillis
}

const memoryOnce = async (): Promise<{ readonly joined: number; readonly used: number }> => {
  const child = fork(script, ["memory"], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const [message] = await once(child, "message")
  await once(child, "exit")
  return message
}

const figure = (figures: Spread | undefined, digits: number): string =>
  figures === undefined
    ? "–"
    : `${figures.median.toFixed(digits)} (${figures.min.toFixed(digits)}–${figures.max.toFixed(digits)})`

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, runs: { type: "string", default: "5" } },
  })
  const runs = values.quick ? 1 : Number(values.runs)
  const times = new Map<Way, Array<number>>(ways.map((way) => [way, []]))
  for (let run = 0; run < runs; run++) {
    for (const way of rotate(ways, run * 2)) times.get(way)?.push(await measureFanout(way))
  }
  const memory = await memoryOnce()
  const row = (way: Way, beside: Way): string => {
    const own = times.get(way) ?? []
    const ratio = spread(own.map((millis, run) => millis / (times.get(beside)?.[run] ?? Number.NaN)))
    const isAbove = way.startsWith("room") && ratio !== undefined && ratio.median > ceiling
    const mark = isAbove ? `, **above ${ceiling}**` : ""
    return `| ${way} | ${figure(spread(own), 0)} | ${figure(ratio, 2)}${mark} |`
  }
  const [hubByProgram, roomByProgram, hubByMember, roomByMember, subscription] = ways
  const project = projectFolder(dirname(script))
  const machine = describeMachine()
  const kilobytes = (bytes: number): string =>
    `${(bytes / 1024).toFixed(2)} KiB${bytes > memoryCeiling ? ` (**above ${memoryCeiling / 1024} KiB**)` : ""}`
  const report = `# Rooms

${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. ${runs} interleaved runs; a ratio compares figures of the same run. Commit ${commitOf(project)}.

## Fan-out

${load.messages} messages of ${load.bytes} bytes to ${load.members} members, ${load.perTurn} in each turn of the event loop, over TCP on loopback. The CPU time is that of the
process of the server. The ceiling of the ratio of a room is ${ceiling}.

| way | CPU time, ms | beside the hub of the server |
|---|---|---|
${[
  row(hubByProgram, hubByProgram),
  row(roomByProgram, hubByProgram),
  row(hubByMember, hubByMember),
  row(roomByMember, hubByMember),
  row(subscription, hubByProgram),
].join("\n")}

## Memory

The retained heap of a room with its ${memoryLoad.members} members, for ${memoryLoad.rooms} rooms. Each connection is in ${memoryLoad.roomsOfConnection} rooms. After the joins:
${kilobytes(memory.joined)}. After each member has published a message: ${kilobytes(memory.used)}. The ceiling is ${memoryCeiling / 1024} KiB.
`
  process.stdout.write(report)
  if (!values.quick) writeFileSync(join(project, "bench", "results", "rooms.md"), report)
}

const [part, way] = process.argv.slice(2)
if (part === "fanout") await serveFanout(ways.find((one) => one === way) ?? ways[0])
else if (part === "memory") {
  const collect = globalThis.gc
  if (collect === undefined) throw new Error("the process needs --expose-gc")
  process.send?.(await measureMemory(collect))
  process.disconnect()
} else await main()
