import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { cpuNanos, writeCalls } from "../runner/procfs.ts"

/** A running `tcpfx serve`. */
export interface MeasuredServer {
  readonly port: number
  /** The main process first, then its workers. */
  readonly pids: ReadonlyArray<number>
  /** The CPU time of all its processes so far, nanoseconds: of the main process, and of its workers. */
  readonly cpu: () => readonly [main: number, workers: number]
  /** The number of write calls so far of the processes that serve the clients. */
  readonly writes: () => number
  readonly end: () => Promise<void>
}

const childrenOf = (parent: number): ReadonlyArray<number> =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent
      } catch {
        return false
      }
    })

const portOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length > 10_000) return
      said += text
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    child.once("exit", () => reject(new Error(`the server ended: ${said}`)))
  })

/** Starts `tcpfx serve` on a free port. */
export const startServer = async (project: string, args: ReadonlyArray<string>): Promise<MeasuredServer> => {
  const words = ["serve", "127.0.0.1:0", "--plain", "--no-traffic", ...args]
  const env = { ...process.env, TCPFX_CONFIG: "none" }
  const child = spawn(process.execPath, [join(project, "bin", "tcpfx.cjs"), ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env,
  })
  const port = await portOf(child)
  const main = child.pid ?? 0
  const workers = childrenOf(main)
  return {
    port,
    pids: [main, ...workers],
    cpu: () => [cpuNanos(main) ?? 0, workers.reduce((sum, pid) => sum + (cpuNanos(pid) ?? 0), 0)],
    writes: () =>
      (workers.length === 0 ? [main] : workers).reduce((sum, pid) => sum + (writeCalls(pid) ?? Number.NaN), 0),
    end: async () => {
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      child.kill("SIGTERM")
      await ended
    },
  }
}
