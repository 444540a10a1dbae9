import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { xterm } from "./headlessTerminal.ts"
import type { Peer } from "./peers.ts"
import { start } from "./tcpfxProcess.ts"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))

/** script(1) of util-linux. It runs a program in a terminal and copies the terminal's output to one stream. */
export const script: Peer = { program: "script", known: /--command/, dial: () => [] }

/**
 * Starts tcpfx in a real terminal, with a screen that shows what it writes. The shell runs `before` before tcpfx, and
 * `after` when tcpfx has ended. With `set -m` before it, tcpfx is a job of the shell, and `after` also runs when tcpfx stops.
 */
export const consoleIn = (
  args: ReadonlyArray<string>,
  { columns = 100, env = {}, before = "true", after = "true" }: ConsoleOptions = {},
) =>
  Effect.gen(function* () {
    const command = `stty cols ${columns} rows 30; sh -c 'echo $$ >&2; exec "$0" "$@" 2>&1' '${process.execPath}' '${bin}' ${args.join(" ")}`
    const started = yield* start(
      "script",
      ["-qefc", `${before}; ${command}; code=$?; ${after}; exit $code`, "/dev/null"],
      {
        env: { TERM: "xterm", TCPFX_HISTORY: "/dev/null", ...env },
      },
    )
    const screen = yield* xterm(columns, 30)
    const watchers = new Set<() => void>()
    started.child.stdout.on("data", (chunk: Buffer) => {
      screen.window.write(chunk, () => {
        for (const watcher of [...watchers]) watcher()
      })
    })
    let isOver = false
    started.child.on("close", () => {
      isOver = true
      for (const watcher of [...watchers]) watcher()
    })
    /** Waits until what the terminal shows matches, and gives the match. */
    const until = (pattern: RegExp) =>
      Effect.async<RegExpExecArray>((resume) => {
        const look = () => {
          const shown = screen.lines().join("\n")
          const match = pattern.exec(shown)
          if (match !== null) resume(Effect.succeed(match))
          else if (isOver) resume(Effect.dieMessage(`ended before ${pattern}: ${shown}`))
          else return
          watchers.delete(look)
        }
        watchers.add(look)
        look()
        return Effect.sync(() => watchers.delete(look))
      })
    const [, pid = ""] = yield* until(/^(\d+)$/m)
    return { ...screen, process: started, pid: Number(pid), until, type: (text: string) => started.write(text) }
  })

interface ConsoleOptions {
  readonly columns?: number
  readonly env?: Readonly<Record<string, string>>
  readonly before?: string
  readonly after?: string
}
