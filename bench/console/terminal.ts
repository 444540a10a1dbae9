import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectFolder } from "../runner/project.ts"

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))
const probe = join(project, "bench", "console", "probe.cjs")
const bin = join(project, "bin", "tcpfx.cjs")

/** The figures of the probe. */
export interface Measured {
  readonly cpu: number
  readonly millis: number
  readonly gap: number
}

/** `tcpfx serve` in a terminal of 80×24, made by script(1) of util-linux. */
export interface ServerInTerminal {
  readonly port: number
  /** From the start of the process to the row that says where it listens, milliseconds. */
  readonly startMillis: number
  readonly dial: () => Promise<Socket>
  /** Stops script(1), which then reads nothing from the terminal. */
  readonly stall: () => void
  /** Measures the process while some work runs. */
  readonly measure: (work: () => Promise<void>) => Promise<Measured>
  readonly end: () => Promise<void>
}

const ended = (child: ChildProcess) => new Promise<void>((resolve) => void child.once("close", () => resolve()))

/** Starts a server. `redirection` redirects its standard streams away from the terminal, in the syntax of sh(1). */
export const serveInTerminal = async (args: ReadonlyArray<string>, redirection = ""): Promise<ServerInTerminal> => {
  const folder = mkdtempSync(join(tmpdir(), "tcpfx-bench-"))
  const file = join(folder, "measured")
  const command = [process.execPath, "--require", probe, bin, "serve", "127.0.0.1:0", "--frame", "line", ...args]
  const shell = `stty cols 80 rows 24; echo PID $$; exec ${command.map((word) => `'${word}'`).join(" ")} ${redirection}`
  const child = spawn("script", ["-qefc", shell, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TERM: "xterm", TCPFX_HISTORY: "/dev/null", PROBE_FILE: file },
  })
  const begin = performance.now()
  const { pid, port } = await new Promise<{ pid: number; port: number }>((resolve, reject) => {
    let shown = ""
    const look = (chunk: Buffer) => {
      shown += chunk
      const found = /PID (\d+)[\s\S]*listening on 127\.0\.0\.1:(\d+)/.exec(shown)
      if (found === null) return
      child.stdout.off("data", look)
      child.stdout.resume()
      resolve({ pid: Number(found[1]), port: Number(found[2]) })
    }
    child.stdout.on("data", look)
    child.once("close", () => reject(new Error(`the server has ended: ${shown}`)))
  })
  const startMillis = performance.now() - begin
  return {
    port,
    startMillis,
    dial: () =>
      new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => resolve(socket))
        socket.on("error", () => {})
      }),
    stall: () => void child.kill("SIGSTOP"),
    measure: async (work) => {
      process.kill(pid, "SIGUSR2")
      await work()
      const written = new Promise<void>((resolve) => {
        const watcher = watch(folder, () => {
          if (!existsSync(file)) return
          watcher.close()
          resolve()
        })
      })
      process.kill(pid, "SIGUSR2")
      await written
      return JSON.parse(readFileSync(file, "utf8")) as Measured
    },
    end: async () => {
      child.kill("SIGCONT")
      const over = ended(child)
      process.kill(pid, "SIGKILL")
      await over
      rmSync(folder, { recursive: true })
    },
  }
}
