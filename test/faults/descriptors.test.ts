import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { tcpEndpoint } from "../../src/domain/index.ts"
import type { Testing } from "../../src/testing/index.ts"
import { descriptorsOf, poll, untilStill } from "../support/kernel.ts"
import { startProgram, withOpenFiles } from "../support/programs.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpfxServe } from "../support/tcpfxProcess.ts"
import { string } from "../support/texts.ts"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))
const local = (port: number) => tcpEndpoint("127.0.0.1", port)
const openFiles = 100
const dials = 150

const havePrlimit = (): boolean => {
  const { error } = spawnSync("prlimit", ["--version"])
  if (error !== undefined) process.stdout.write(`test skipped: prlimit(1) is missing: ${error.message}\n`)
  return error === undefined
}

/** Whether a peer gets its echo. A refused peer is closed and gets none. */
const isServed = (peer: Testing.ScriptedPeer, n: number) =>
  Effect.gen(function* () {
    const text = `${n}`.padStart(5, "0")
    yield* peer.send(text)
    const answer = yield* peer.take(5).pipe(
      Effect.asSome,
      Effect.catchIf(
        ({ problem }) => problem !== "silent",
        () => Effect.succeedNone,
      ),
    )
    return Option.exists(answer, (bytes) => string(bytes) === text)
  })

const served = (peers: ReadonlyArray<Testing.ScriptedPeer>) =>
  Effect.filter(peers, isServed, { concurrency: "unbounded" })

const crowd = (port: number, count = dials) => Effect.replicateEffect(dialRaw(local(port)), count)

describe("a server without free descriptors", () => {
  it.scopedLive("goes on serving its clients, and accepts new clients when some have gone", () =>
    Effect.gen(function* () {
      const server = yield* startProgram("server", { args: ["echo"], openFiles })
      const [, port] = yield* server.waitFor("stdout", /"_tag":"Listening".*"port":(\d+)/)
      const first = yield* served(yield* crowd(Number(port)))
      expect(first.length).toBeGreaterThan(openFiles / 2)
      expect(first.length).toBeLessThan(openFiles)
      // The server still serves the accepted peers while all others wait.
      expect((yield* served(first)).length).toBe(first.length)
      const leaving = first.slice(0, 30)
      for (const peer of leaving) yield* Effect.zipRight(peer.halfClose, peer.closed)
      const others = yield* served(yield* crowd(Number(port)))
      expect(others.length).toBe(leaving.length)
      expect((yield* served(first.slice(30))).length).toBe(first.length - 30)
      expect(server.text("stderr")).toBe("")
    }),
  )
})

describe("tcpfx serve with a low limit of open files", () => {
  it.scopedLive("never runs out of descriptors: it refuses before that, reports it, and uses freed places again", () =>
    Effect.gen(function* () {
      const command = [
        process.execPath,
        bin,
        "serve",
        "127.0.0.1:0",
        "--mode",
        "echo",
        "--output",
        "json",
        "--no-traffic",
      ]
      const server = yield* withOpenFiles(openFiles, command)
      const [, port] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      const [, most] = yield* server.waitFor("stderr", /at most (\d+) connections at once/)
      const first = yield* served(yield* crowd(Number(port)))
      expect(first.length).toBe(Number(most))
      expect((yield* served(first)).length).toBe(first.length)
      const refused = () => server.text("stdout").match(/"_tag":"ConnectionRefused".*"TooManyConnections"/g)?.length
      yield* poll("all refusals are told", () => (refused() === dials - first.length ? true : undefined))
      for (const peer of first) yield* Effect.zipRight(peer.halfClose, peer.closed)
      expect((yield* served(yield* crowd(Number(port), first.length))).length).toBe(first.length)
    }),
  )

  it.scopedLive("counts the descriptors that are open at its start", () =>
    Effect.gen(function* () {
      const inherited = 50
      const script = `n=9; while [ $n -lt ${9 + inherited} ]; do eval "exec $n</dev/null"; n=$((n+1)); done; exec "$@"`
      const serve = [
        process.execPath,
        bin,
        "serve",
        "127.0.0.1:0",
        "--mode",
        "echo",
        "--output",
        "json",
        "--no-traffic",
      ]
      const server = yield* withOpenFiles(200, ["bash", "-c", script, "bash", ...serve])
      const [, port] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      const [, most] = yield* server.waitFor("stderr", /at most (\d+) connections at once: .* and (?:[67]\d) are open/)
      expect(Number(most)).toBeLessThan(200 - inherited)
      const first = yield* served(yield* crowd(Number(port)))
      expect(first.length).toBe(Number(most))
      const told = () => server.text("stdout").match(/"_tag":"(?:ConnectionOpened|ConnectionRefused)"/g)?.length
      yield* poll("each is told", () => (told() === dials ? true : undefined))
    }),
  )

  it.scopedLive.skipIf(!havePrlimit())("closes no connection without an event when the limit is lowered", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--mode", "echo", "--output", "json", "--no-traffic"])
      const told = () =>
        server.text("stdout").match(/"_tag":"(?:ConnectionOpened|ConnectionRefused|AcceptFailed)"/g)?.length
      const lower = (limit: number) =>
        Effect.sync(() => spawnSync("prlimit", ["--pid", `${server.child.pid}`, `--nofile=${limit}:${limit}`]))
      const before = yield* served(yield* crowd(port, 80))
      yield* lower(120)
      const some = yield* served(yield* crowd(port, 60))
      expect([some.length > 0, some.length < 40]).toEqual([true, true])
      yield* poll("each is told", () => (told() === 140 ? true : undefined))
      // The limit is now below the open descriptors. The guard notices by itself, and closes its two spare ones.
      const pid = server.child.pid ?? 0
      const open = yield* untilStill("what it has open", () => descriptorsOf(pid))
      yield* lower(60)
      yield* poll("the guard has noticed", () => (descriptorsOf(pid) === open - 2 ? true : undefined))
      expect((yield* served(yield* crowd(port, 60))).length).toBe(0)
      yield* poll("each is told", () => (told() === 200 ? true : undefined))
      expect((yield* served(before)).length).toBe(80)
    }),
  )

  it.scopedLive("has as many open descriptors after all clients have gone as before", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--mode", "echo"])
      const pid = server.child.pid ?? 0
      // The first connection opens descriptors that the process opens only once.
      yield* Effect.scoped(Effect.flatMap(crowd(port, 1), served))
      yield* server.waitFor("stderr", /#1 closed/)
      const before = yield* untilStill("what it has open", () => descriptorsOf(pid))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const peers = yield* served(yield* crowd(port))
          expect(peers.length).toBe(dials)
          expect(descriptorsOf(pid)).toBe(before + dials)
          for (const [n, peer] of peers.entries()) yield* n % 2 === 0 ? peer.halfClose : peer.reset
        }),
      )
      yield* poll("everything is closed", () => (descriptorsOf(pid) === before ? true : undefined))
    }),
  )
})
