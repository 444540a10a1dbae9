import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Process, start } from "./tcpfxProcess.ts"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))

const holding = ["-n", "sh", "-c", "ip link set lo up && echo up && exec cat"]

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "only root can connect two network namespaces"
  const { error, status, stderr } = spawnSync(
    "unshare",
    ["-n", "sh", "-c", "ip link add one type veth peer name two"],
    { encoding: "utf8" },
  )
  return status === 0 ? undefined : `${error?.message ?? stderr.trim()}`
}

let answer: { readonly why: string | undefined } | undefined

/** Whether the tests can connect two networks by a cable. The first call prints why not, because tests are skipped. */
export const haveCables = (): boolean => {
  if (answer === undefined) {
    answer = { why: whyNot() }
    if (answer.why !== undefined) process.stdout.write(`tests skipped: ${answer.why}\n`)
  }
  return answer.why === undefined
}

/** A machine: a network namespace of its own. */
const machine = Effect.gen(function* () {
  const holder = yield* start("unshare", holding)
  yield* Effect.orDie(holder.waitFor("stdout", /up/))
  const inside = (args: ReadonlyArray<string>) =>
    start("nsenter", ["-t", `${holder.child.pid}`, "-n", ...args], { env: { TCPFX_HISTORY: "/dev/null" } })
  const run = (script: string) =>
    Effect.gen(function* () {
      const done = yield* inside(["sh", "-c", script])
      const { code } = yield* done.ended
      if (code !== 0) yield* Effect.dieMessage(`${script}: ${done.text("stderr")}`)
    }).pipe(Effect.scoped)
  return {
    pid: holder.child.pid,
    run,
    tcpfx: (args: ReadonlyArray<string>) => inside([process.execPath, bin, ...args]),
  }
})

/** A gateway on the cable of a server. */
export interface Gateway {
  readonly tcpfx: (args: ReadonlyArray<string>) => Effect.Effect<Process, never, Scope.Scope>
  /** The gateway loses power: it sends nothing any more, neither FIN nor RST. */
  readonly losePower: Effect.Effect<void>
}

/**
 * A machine for servers, with the address 10.9.0.1, and a way to start a gateway with the address 10.9.0.2 on a new
 * cable. A later gateway is the same device after its power failure: its kernel knows nothing of earlier connections. Delete the old cable first,
 * because the address of the server is on both.
 */
export const serverMachine = Effect.gen(function* () {
  const server = yield* machine
  let cables = 0
  const startGateway: Effect.Effect<Gateway, never, Scope.Scope> = Effect.gen(function* () {
    const gateway = yield* machine
    const [near, far] = [`near${++cables}`, `far${cables}`]
    yield* server.run(
      `ip link add ${near} type veth peer name ${far} netns ${gateway.pid} && ip address add 10.9.0.1/24 dev ${near} && ip link set ${near} up`,
    )
    yield* gateway.run(`ip address add 10.9.0.2/24 dev ${far} && ip link set ${far} up`)
    return { tcpfx: gateway.tcpfx, losePower: gateway.run(`ip link set ${far} down`) }
  })
  return { tcpfx: server.tcpfx, run: server.run, startGateway }
})
