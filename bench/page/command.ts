import { type ChildProcess, spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectFolder } from "../runner/project.ts"

const project = projectFolder(dirname(fileURLToPath(import.meta.url)))

/** A running tcpfx with the page, and the address of the page. */
export interface PageCommand {
  readonly child: ChildProcess
  readonly address: string
}

/** Starts the built command with the page. The command keeps its files in the folder `state`. */
export const startCommand = (args: ReadonlyArray<string>, state: string): Promise<PageCommand> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(project, "bin", "tcpfx.cjs"), ...args, "--no-open"], {
      cwd: state,
      env: { ...process.env, XDG_STATE_HOME: state },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let said = ""
    const read = (data: Buffer): void => {
      if (said.length > 100_000) return
      said += data.toString()
      const address = /http:\S+token=\S+/.exec(said)?.[0]
      if (address !== undefined) resolve({ child, address })
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("exit", (code) => reject(new Error(`tcpfx ended with ${code}: ${said}`)))
  })

/** Kills a command and waits for its end. */
export const endCommand = ({ child }: PageCommand): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    child.removeAllListeners("exit")
    child.once("exit", () => resolve())
    child.kill("SIGKILL")
  })
