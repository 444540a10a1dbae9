import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { descriptorsOf, poll, residentBytes, untilStill } from "../support/kernel.ts"
import { startProgram, withOpenFiles } from "../support/programs.ts"

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))
const count = 10_000
const openFiles = count + 200
const hard = execFileSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim()
const isAllowed = hard === "unlimited" || Number(hard) >= openFiles

if (!isAllowed)
  process.stdout.write(
    `tests skipped: the limit of open files is ${hard}, and the tests need ${openFiles} (ulimit -Hn)\n`,
  )

it.scopedLive.skipIf(!isAllowed)(
  "10 000 connections are open and alive at once, use at most 25 kB each, and all of them close",
  () =>
    Effect.gen(function* () {
      const server = yield* withOpenFiles(openFiles, [
        ...[process.execPath, bin, "serve", "127.0.0.1:0", "--mode", "echo"],
        ...["--no-traffic", "--output", "json", "--max-conns", `${count}`],
      ])
      const [, port = ""] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      const pid = server.child.pid ?? 0
      // After it has started to listen, the server still reads the interfaces of the machine for a moment.
      const descriptors = yield* untilStill("what it has open", () => descriptorsOf(pid))
      const before = { descriptors, resident: residentBytes(pid) }
      const crowd = yield* startProgram("crowd", { args: [port, `${count}`], openFiles })
      yield* crowd.waitFor("stdout", /all are there/)
      yield* poll("all are accepted", () => (descriptorsOf(pid) === before.descriptors + count ? true : undefined))
      for (const round of [1, 2]) {
        yield* crowd.write("are they alive?\n")
        yield* crowd.waitFor("stdout", new RegExp(`(alive ${count}, lost 0\\n){${round}}`))
      }
      expect((residentBytes(pid) - before.resident) / count).toBeLessThan(25_000)
      yield* crowd.endInput
      yield* poll("all have gone", () => (descriptorsOf(pid) === before.descriptors ? true : undefined))
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
    }),
  60_000,
)
