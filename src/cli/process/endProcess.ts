import { signalExitCode } from "./exit.ts"

const endSignals = ["SIGHUP", "SIGINT", "SIGTERM"] as const

// The time that a call in libuv's thread pool has to finish before the process ends without it, and the time between
// two checks, in milliseconds. A process that cannot set its exit code without waiting for the threads waits longer,
// because a slow disk finishes its calls within this time.
const grace = { withExitCode: 100, bySignal: 1000 }
const look = 10

/**
 * Ends the process with an exit code, even while a thread waits for a file or a name server that does not answer.
 * `process.exit` waits for libuv's threads, and nothing can interrupt a thread in open(2), read(2) or getaddrinfo(3).
 * After this call, a signal ends the process at once.
 */
export const endProcess = (code: number): void => {
  process.exitCode = code
  for (const signal of endSignals) process.removeAllListeners(signal)
  const last = performance.now() + (canReplaceProcess() ? grace.withExitCode : grace.bySignal)
  const end = (): void => {
    if (!isThreadBusy()) process.exit(code)
    if (performance.now() > last) endWithThreads(code)
    else setTimeout(end, look)
  }
  end()
}

const isThreadBusy = (): boolean =>
  process.getActiveResourcesInfo().some((kind) => kind.startsWith("FSReq") || kind.startsWith("GetAddrInfo"))

const endWithThreads = (code: number): void => {
  if (canReplaceProcess()) replaceProcess(code)
  const signal = endSignals.find((candidate) => signalExitCode[candidate] === code)
  // A signal ends the process with all its threads. A shell reports 128 plus the number of the signal.
  if (signal === undefined) process.exit(code)
  else process.kill(process.pid, signal)
}

/**
 * Whether this Node can replace the process with another program (execve(2), since Node 22.15 and 23.11). This ends all
 * threads, and the other program sets the exit code.
 */
export const canReplaceProcess = (): boolean =>
  process.platform !== "win32" && typeof Reflect.get(process, "execve") === "function"

const replaceProcess = (code: number): void => {
  try {
    Reflect.apply(Reflect.get(process, "execve"), process, ["/bin/sh", ["sh", "-c", `exit ${code}`], {}])
  } catch {
    process.exit(code)
  }
}
