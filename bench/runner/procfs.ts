import { readdirSync, readFileSync } from "node:fs"

/** The kernel counts CPU time in hundredths of a second, on every architecture (USER_HZ, proc(5)). */
const tickNanos = 1e7

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    // The system has no /proc, or the process has ended.
    return undefined
  }
}

const statusBytes = (pid: number, field: string): number | undefined => {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(read(`/proc/${pid}/status`) ?? "")
  return found === null ? undefined : Number(found[1]) * 1024
}

/** The user and system time of all threads of a process so far. */
export const cpuNanos = (pid: number): number | undefined => {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name in brackets may contain any character. After it, user and system time are the 12th and 13th field
  // (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * tickNanos
}

/** The number of calls of write(2), writev(2) and the like of a process so far (proc_pid_io(5)). */
export const writeCalls = (pid: number): number | undefined => {
  const found = /^syscw: (\d+)$/m.exec(read(`/proc/${pid}/io`) ?? "")
  return found === null ? undefined : Number(found[1])
}

/** The resident memory of a process now. */
export const rssBytes = (pid: number): number | undefined => statusBytes(pid, "VmRSS")

/** The peak resident memory of a process. */
export const peakBytes = (pid: number): number | undefined => statusBytes(pid, "VmHWM")

/** The number of open descriptors of a process. */
export const openFiles = (pid: number): number | undefined => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}
