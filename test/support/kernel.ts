import { readdirSync, readFileSync } from "node:fs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

// The kernel gives no event for these changes, so the tests poll.
const between = 5
// This deadline is shorter than the deadline of a test, because the message of the test's deadline would not name the
// awaited condition.
const patience = Duration.seconds(50)

/** Polls until there is an answer. Dies after the deadline with a message that names the awaited condition. */
export const poll = <A>(what: string, look: () => A | undefined): Effect.Effect<A> =>
  Effect.async<A>((resume) => {
    let timer: NodeJS.Timeout | undefined
    const ask = () => {
      const found = look()
      if (found !== undefined) resume(Effect.succeed(found))
      else timer = setTimeout(ask, between)
    }
    ask()
    return Effect.sync(() => clearTimeout(timer))
  }).pipe(
    Effect.timeoutFail({ duration: patience, onTimeout: () => new Error(`waited in vain until ${what}`) }),
    Effect.orDie,
  )

/** Waits until a number has stayed the same for several polls. Gives the number. */
export const untilStill = (what: string, figure: () => number, looks = 40): Effect.Effect<number> => {
  let last = Number.NaN
  let same = 0
  return poll(`${what} stands still`, () => {
    const now = figure()
    same = now === last ? same + 1 : 0
    last = now
    return same >= looks ? now : undefined
  })
}

/** The number of open descriptors of a process (proc_pid_fd(5)). */
export const descriptorsOf = (pid: number | "self"): number => readdirSync(`/proc/${pid}/fd`).length

/** The resident memory of a process, bytes (proc_pid_status(5)). */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+([0-9]+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024

/** The number of bytes in the queues of all IPv4 sockets with a port, sent or received (proc_net_tcp(5)). */
export const queuedBytes = (port: number): number => {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(end) === true || fields[2]?.endsWith(end) === true)
  const queues = rows.flatMap((fields) => fields[4]?.split(":") ?? [])
  return queues.reduce((sum, queue) => sum + Number.parseInt(queue, 16), 0)
}

/** The seconds until the next keepalive probe of an IPv4 socket (proc_net_tcp(5)). Undefined without keepalive. */
export const secondsToProbe = (localPort: number, remotePort: number): number | undefined => {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0")
  const row = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(`:${hex(localPort)}`) && fields[2]?.endsWith(`:${hex(remotePort)}`))
  // Timer 2 is keepalive. Its remaining time is in hundredths of a second.
  const [kind, left] = row?.[5]?.split(":") ?? []
  return kind === "02" && left !== undefined ? Number.parseInt(left, 16) / 100 : undefined
}
