import * as fs from "node:fs"
import { type FdEndpoint, fdEndpoint } from "../../domain/index.ts"

/** A listening socket that this process has inherited from its service manager, such as systemd. */
export interface InheritedSocket {
  readonly endpoint: FdEndpoint
  /**
   * The name of the socket in the service manager (`FileDescriptorName=`, systemd.socket(5)). Empty if the socket has
   * no name.
   */
  readonly name: string
}

/** The inherited sockets. */
export interface Inherited {
  readonly sockets: ReadonlyArray<InheritedSocket>
  /** The reason why no socket was inherited. Empty if there are sockets. */
  readonly why: string
  /** Whether the variables are for this process and have a mistake. */
  readonly isBroken: boolean
}

// The first inherited descriptor (SD_LISTEN_FDS_START in sd_listen_fds(3)).
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
 * Reads the inherited sockets from the environment, by the protocol of sd_listen_fds(3): the process `LISTEN_PID` has
 * `LISTEN_FDS` sockets, from descriptor 3 on. Removes the variables, so that no child process uses them. Refuses closed
 * descriptors, which also bounds the number of sockets.
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
        : `LISTEN_PID is ${JSON.stringify(LISTEN_PID)}, but this process is ${pid}; start tcpfx without a process in between`,
    )
  }
  if (!/^[1-9][0-9]{0,8}$/.test(LISTEN_FDS)) {
    return none(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS)}; expected the number of inherited sockets`, true)
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
