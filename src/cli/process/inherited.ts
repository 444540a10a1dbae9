import * as fs from "node:fs"
import { type FdEndpoint, fdEndpoint } from "../../domain/index.ts"

/** A socket that whoever started this process has passed on. */
export interface InheritedSocket {
  readonly endpoint: FdEndpoint
  /** What it is called there (`FileDescriptorName=`, systemd.socket(5)); empty if it has no name. */
  readonly name: string
}

/** The sockets that were passed on; where there is none, why. */
export interface Inherited {
  readonly sockets: ReadonlyArray<InheritedSocket>
  readonly why: string
  /** Whether the variables are meant for this process and are wrong. */
  readonly isBroken: boolean
}

// SD_LISTEN_FDS_START.
const firstFd = 3

const variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

type Environment = Record<string, string | undefined>

const isDescriptorOpen = (fd: number): boolean => {
  try {
    fs.fstatSync(fd)
    return true
  } catch {
    return false
  }
}

/**
 * The sockets that were passed on after the protocol of sd_listen_fds(3): `LISTEN_FDS` of them from descriptor 3 on, meant
 * for the process `LISTEN_PID`. The variables are removed, so that no child takes them for its own. Descriptors that are
 * not open are refused, which bounds their number.
 */
export const takeInherited = (
  environment: Environment,
  pid: number,
  isOpen: (fd: number) => boolean = isDescriptorOpen,
): Inherited => {
  const { LISTEN_FDNAMES = "", LISTEN_FDS = "", LISTEN_PID = "" } = environment
  for (const variable of variables) delete environment[variable]
  const none = (why: string, isBroken: boolean = false): Inherited => ({ sockets: [], why, isBroken })
  if (LISTEN_FDS === "") return none("LISTEN_FDS is not set (sd_listen_fds(3))")
  if (LISTEN_PID !== `${pid}`) {
    return none(
      LISTEN_PID === ""
        ? "LISTEN_PID is not set (sd_listen_fds(3))"
        : `LISTEN_PID is ${JSON.stringify(LISTEN_PID)}, and this process is ${pid}; start it without another between`,
    )
  }
  if (!/^[1-9][0-9]{0,8}$/.test(LISTEN_FDS)) {
    return none(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS)}; expected the number of sockets that are passed on`, true)
  }
  const names = LISTEN_FDNAMES.split(":")
  const sockets: Array<InheritedSocket> = []
  for (let index = 0; index < Number(LISTEN_FDS); index++) {
    const fd = firstFd + index
    if (!isOpen(fd)) {
      return none(`LISTEN_FDS is ${LISTEN_FDS}, but descriptor ${fd} is not open`, true)
    }
    const name = names[index] ?? ""
    sockets.push({ endpoint: fdEndpoint(fd), name: name === "unknown" ? "" : name })
  }
  return { sockets, why: "", isBroken: false }
}
