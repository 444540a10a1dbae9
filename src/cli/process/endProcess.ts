import { signalExitCode } from "./exit.ts"

const endSignals = ["SIGHUP", "SIGINT", "SIGTERM"] as const

// How long a call in libuv's thread pool may take to end by itself, milliseconds.
const grace = 100

/**
 * Ends the process with an exit code, also while a thread waits for a file or a name that does not answer.
 * `process.exit` waits for libuv's threads, and nothing can call a thread back from open(2), read(2) or getaddrinfo(3).
 * From here on a signal ends the process by itself.
 */
export const endProcess = (code: number): void => {
  process.exitCode = code
  for (const signal of endSignals) process.removeAllListeners(signal)
  if (isThreadBusy()) setTimeout(() => (isThreadBusy() ? endWithThreads(code) : process.exit(code)), grace)
  else process.exit(code)
}

const isThreadBusy = (): boolean =>
  process.getActiveResourcesInfo().some((kind) => kind.startsWith("FSReq") || kind.startsWith("GetAddrInfo"))

const endWithThreads = (code: number): void => {
  if (canReplaceProcess()) replaceProcess(code)
  const signal = endSignals.find((candidate) => signalExitCode[candidate] === code)
  // The system ends all threads of a process that a signal ends. A shell shows 128 and the signal's number.
  if (signal === undefined) process.exit(code)
  else process.kill(process.pid, signal)
}

/**
 * Whether this Node can put another program in the place of the process (execve(2), Node 22.15 and 23.11), which ends
 * all threads and leaves the exit code to the other program.
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
