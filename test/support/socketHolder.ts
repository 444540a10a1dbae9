import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { start } from "./tcpfxProcess.ts"

const launcher = fileURLToPath(new URL("launch.py", import.meta.url))

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

/**
 * A shell that holds a listening socket of 127.0.0.1 as descriptor 3, as a service manager does, and starts servers on it.
 * The holder itself accepts no connection.
 */
export const socketHolder = Effect.gen(function* () {
  const shell = yield* start("python3", [launcher, "tcp", "/bin/sh"])
  const pids = new Map<string, number>()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const pid of pids.values()) {
        try {
          process.kill(pid, "SIGKILL")
        } catch {
          // The server has ended.
        }
      }
    }),
  )
  /** Starts a server with Node, and returns the port on which it listens. Its name is a word. */
  const serve = (name: string, args: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const words = [process.execPath, ...args].map(quoted).join(" ")
      // The outer subshell reports the exit code; `exec` gives its process number to the server.
      yield* shell.write(
        `( ${words} 2>&1 </dev/null & echo "${name} is $!"; wait $!; echo "${name} ended with $?" ) | sed -u 's/^/${name}: /' &\n`,
      )
      const [, pid = ""] = yield* shell.waitFor("stdout", new RegExp(`^${name}: ${name} is (\\d+)$`, "m"))
      pids.set(name, Number(pid))
      const [, port = ""] = yield* shell.waitFor(
        "stdout",
        new RegExp(`^${name}: .*listening on 127\\.0\\.0\\.1:(\\d+)`, "m"),
      )
      return Number(port)
    })
  const kill = (name: string, signal: NodeJS.Signals) =>
    Effect.sync(() => void process.kill(pids.get(name) ?? process.pid, signal))
  /** Waits for the end of a server, and returns its exit code. */
  const ended = (name: string) =>
    Effect.map(shell.waitFor("stdout", new RegExp(`^${name}: ${name} ended with (\\d+)$`, "m")), ([, code = ""]) => {
      pids.delete(name)
      return Number(code)
    })
  return { serve, kill, ended, text: () => shell.text("stdout") }
})
