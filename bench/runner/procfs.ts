import { readdirSync, readFileSync } from "node:fs"

/** The kernel counts CPU time in hundredths of a second, on every architecture (USER_HZ, proc(5)). */
const tickNanos = 1e7

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    // No /proc here, or the process has gone.
    return undefined
  }
}

const statusBytes = (pid: number, field: string): number | undefined => {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(read(`/proc/${pid}/status`) ?? "")
  return found === null ? undefined : Number(found[1]) * 1024
}

/** CPU time of a process so far, all its threads, user and system. */
export const cpuNanos = (pid: number): number | undefined => {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name stands in brackets and may hold anything; behind it, user and system time are the 12th and 13th field.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * tickNanos
}

/** Memory that a process holds now. */
export const rssBytes = (pid: number): number | undefined => statusBytes(pid, "VmRSS")

/** The most that it ever held. */
export const peakBytes = (pid: number): number | undefined => statusBytes(pid, "VmHWM")

/** Descriptors that a process has open. */
export const openFiles = (pid: number): number | undefined => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}
