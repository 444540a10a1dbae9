import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { startProgram } from "../support/programs.ts"

const MiB = 1024 * 1024

it.scopedLive(
  "5 000 connections that come and break in all sorts of ways leave no descriptor, handle, fiber or memory",
  () =>
    Effect.gen(function* () {
      const soak = yield* startProgram("soak", { args: ["5000"], flags: ["--expose-gc", "--no-warnings"] })
      const [line] = yield* soak.waitFor("stdout", /^.*\n/)
      const { closed, before, after } = JSON.parse(line)
      expect(closed).toBe(6000)
      expect(after.descriptors).toBe(before.descriptors)
      expect(after.handles).toBe(before.handles)
      // One for each delay that somebody waits for comes and goes.
      expect(after.fibers).toBeLessThan(before.fibers + 5)
      expect(after.heapBytes - before.heapBytes).toBeLessThan(2 * MiB)
      // The allocator gives back when it likes. 5 000 connections left behind are more than 150 MiB.
      expect(after.residentBytes - before.residentBytes).toBeLessThan(48 * MiB)
      expect(yield* soak.ended).toEqual({ code: 0, signal: null })
      expect(soak.text("stderr")).toBe("")
    }),
  // It works all the time, and shares the machine.
  60_000,
)
