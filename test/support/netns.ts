import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Process, start } from "./tcpfxProcess.ts"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))

const isRoot = process.getuid?.() === 0
// A user who is not root may be the root of a user namespace, if the system allows that (user_namespaces(7)).
const unshare = isRoot ? ["-n"] : ["-rn"]
const nsenter = isRoot ? ["-n"] : ["-Un", "--preserve-credentials"]

const up = "ip link set lo up"
// A queue of length 0 drops every packet without an error (tc-pfifo(8)).
const cut = "tc qdisc add dev lo root pfifo limit 0"
const mend = "tc qdisc del dev lo root"

const whyNot = (): string | undefined => {
  const { error, status, stderr } = spawnSync("unshare", [...unshare, "sh", "-c", `${up} && ${cut} && ${mend}`], {
    encoding: "utf8",
  })
  return status === 0 ? undefined : `${error?.message ?? stderr.trim()}`
}

let answer: { readonly why: string | undefined } | undefined

/** Whether the tests can make a network and cut it. The first call prints why not, because tests are skipped. */
export const haveNetworks = (): boolean => {
  if (answer === undefined) {
    answer = { why: whyNot() }
    if (answer.why !== undefined)
      process.stdout.write(`tests skipped: this machine allows no network namespace: ${answer.why}\n`)
  }
  return answer.why === undefined
}

/** A private loopback network. It ends with the scope and with the processes in it. */
export interface Network {
  readonly tcpfx: (
    args: ReadonlyArray<string>,
    env?: Readonly<Record<string, string>>,
  ) => Effect.Effect<Process, never, Scope.Scope>
  /** Starts another program in the network. */
  readonly start: (command: string, args: ReadonlyArray<string>) => Effect.Effect<Process, never, Scope.Scope>
  /** Drops every packet from now on, without an error. */
  readonly cut: Effect.Effect<void>
  readonly mend: Effect.Effect<void>
  /** The number of retransmissions before the kernel aborts a connection (tcp(7), tcp_retries2). */
  readonly setRetries: (count: number) => Effect.Effect<void>
  /** The most connections that wait to be accepted (listen(2), somaxconn). */
  readonly setAcceptQueue: (count: number) => Effect.Effect<void>
  /** Runs a line of a shell in the network, as its root. */
  readonly shell: (line: string) => Effect.Effect<void>
  /** Switches IPv6 off, including the loopback address. */
  readonly withoutIpv6: Effect.Effect<void>
}

/** Makes a network. */
export const network: Effect.Effect<Network, never, Scope.Scope> = Effect.gen(function* () {
  const holder = yield* start("unshare", [...unshare, "sh", "-c", `${up} && echo up && exec cat`])
  yield* Effect.orDie(holder.waitFor("stdout", /up/))
  const inside = (args: ReadonlyArray<string>) => ["-t", `${holder.child.pid}`, ...nsenter, ...args]
  const run = (script: string) =>
    Effect.gen(function* () {
      const done = yield* start("nsenter", inside(["sh", "-c", script]))
      const { code } = yield* done.ended
      if (code !== 0) yield* Effect.dieMessage(`${script}: ${done.text("stderr")}`)
    }).pipe(Effect.scoped)
  return {
    tcpfx: (args, env = {}) => start("nsenter", inside([process.execPath, bin, ...args]), { env }),
    start: (command, args) => start("nsenter", inside([command, ...args])),
    cut: run(cut),
    mend: run(mend),
    setRetries: (count) => run(`echo ${count} > /proc/sys/net/ipv4/tcp_retries2`),
    setAcceptQueue: (count) => run(`echo ${count} > /proc/sys/net/core/somaxconn`),
    shell: run,
    withoutIpv6: run("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"),
  }
})
