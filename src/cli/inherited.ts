import { type FdEndpoint, fdEndpoint } from "../domain/index.ts"

/** A socket that whoever started this process has passed on. */
export interface InheritedSocket {
  readonly endpoint: FdEndpoint
  /** What it is called there (`FileDescriptorName=`, systemd.socket(5)); empty if it has no name. */
  readonly name: string
}

/** What was passed on; where there is nothing, why. */
export interface Inherited {
  readonly sockets: ReadonlyArray<InheritedSocket>
  readonly why: string
}

// SD_LISTEN_FDS_START.
const firstFd = 3

const variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

type Environment = Record<string, string | undefined>

/**
 * The sockets that were passed on after the protocol of sd_listen_fds(3): `LISTEN_FDS` of them from descriptor 3 on, meant
 * for the process `LISTEN_PID`. The variables are removed, so that no child takes them for its own.
 */
export const takeInherited = (environment: Environment, pid: number): Inherited => {
  const { LISTEN_FDNAMES = "", LISTEN_FDS = "", LISTEN_PID = "" } = environment
  for (const variable of variables) delete environment[variable]
  const none = (why: string): Inherited => ({ sockets: [], why })
  if (LISTEN_FDS === "") return none("LISTEN_FDS is not set (sd_listen_fds(3))")
  if (LISTEN_PID !== `${pid}`) {
    return none(
      LISTEN_PID === ""
        ? "LISTEN_PID is not set (sd_listen_fds(3))"
        : `LISTEN_PID is ${JSON.stringify(LISTEN_PID)}, and this process is ${pid}; start it without another between`,
    )
  }
  // More than a process may have open is no number of sockets.
  if (!/^[1-9][0-9]{0,5}$/.test(LISTEN_FDS)) return none(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS)}`)
  const names = LISTEN_FDNAMES.split(":")
  const sockets = Array.from({ length: Number(LISTEN_FDS) }, (_, index): InheritedSocket => {
    const name = names[index] ?? ""
    return { endpoint: fdEndpoint(firstFd + index), name: name === "unknown" ? "" : name }
  })
  return { sockets, why: "" }
}
