import * as fs from "node:fs"

// The bit of SIGHUP (1) in a mask of /proc/PID/status (proc(5)).
const hangUpBit = 1n

const ignoresHangUp = (status: string): boolean => {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return mask !== undefined && (BigInt(`0x${mask}`) & hangUpBit) !== 0n
}

const statusOf = (pid: number): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/status`, "latin1")
  } catch {
    // Other systems than Linux have no such file.
    return ""
  }
}

/**
 * Whether SIGHUP was ignored when this process started, as under nohup(1). Node resets ignored signals before it runs any
 * JavaScript (nodejs/node#615), so the process cannot ask for its own dispositions. bash and zsh name the command that they
 * have started in `_`. A parent that ignores SIGHUP, such as a script under nohup, passes this on to its children.
 */
export const startedWithoutHangUp = (
  environment: Readonly<Record<string, string | undefined>>,
  parent: number,
  readStatus: (pid: number) => string = statusOf,
): boolean => /(^|\/)nohup$/.test(environment["_"] ?? "") || ignoresHangUp(readStatus(parent))
