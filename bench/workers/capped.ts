import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

// The controller of CPU time, version 1 (cgroups(7)).
const controller = "/sys/fs/cgroup/cpu"
const procs = "cgroup.procs"
const periodMicros = 10_000

/** A group of processes that together get at most a share of one core. */
export interface Cap {
  readonly add: (pid: number) => void
  /** Moves the processes to the group of all processes, and removes the group. */
  readonly remove: () => void
}

let made = 0

/** Makes a group with a share of one core. Throws if this machine does not allow it. */
export const makeCap = (share: number): Cap => {
  const folder = join(controller, `tcpfx-bench-${process.pid}-${++made}`)
  mkdirSync(folder)
  writeFileSync(join(folder, "cpu.cfs_period_us"), String(periodMicros))
  writeFileSync(join(folder, "cpu.cfs_quota_us"), String(Math.round(share * periodMicros)))
  return {
    add: (pid) => writeFileSync(join(folder, procs), String(pid)),
    remove: () => {
      for (const pid of readFileSync(join(folder, procs), "utf8").split("\n")) {
        if (pid !== "") writeFileSync(join(controller, procs), pid)
      }
      rmdirSync(folder)
    },
  }
}

/** Whether this machine lets the bench limit the CPU time of processes. */
export const canCap = (): boolean => {
  try {
    makeCap(0.5).remove()
    return true
  } catch {
    return false
  }
}
