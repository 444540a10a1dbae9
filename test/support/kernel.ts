import { readdirSync, readFileSync } from "node:fs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

// Nobody tells when the system has done something; it can only be asked again.
const between = 5
// Before the test's own deadline, which does not know what was waited for.
const patience = Duration.seconds(50)

/** Asks again and again until there is an answer. Dies when there is none in time, saying what was waited for. */
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

/** Waits until a figure has been the same for so many looks, and gives it. */
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

/** How many descriptors a process has open (proc_pid_fd(5)). */
export const descriptorsOf = (pid: number | "self"): number => readdirSync(`/proc/${pid}/fd`).length

/** What a process has in memory, bytes (proc_pid_status(5)). */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+([0-9]+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024

/** In how many seconds the system asks whether a peer over IPv4 is still there (proc_net_tcp(5)); none if it does not. */
export const secondsToProbe = (localPort: number, remotePort: number): number | undefined => {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0")
  const row = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(`:${hex(localPort)}`) && fields[2]?.endsWith(`:${hex(remotePort)}`))
  // Of the timers of a socket, 2 is that of keepalive; how long it still runs is in hundredths of a second.
  const [kind, left] = row?.[5]?.split(":") ?? []
  return kind === "02" && left !== undefined ? Number.parseInt(left, 16) / 100 : undefined
}
