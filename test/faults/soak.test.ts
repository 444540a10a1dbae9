import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { startProgram } from "../support/programs.ts"

const MiB = 1024 * 1024
// The programs work all the time and share the machine.
const patience = 60_000

/** Runs a program that prints its resources before and after its work. The work must leave no resources behind. */
const soak = (name: string, count: number) =>
  Effect.gen(function* () {
    const program = yield* startProgram(name, { args: [`${count}`], flags: ["--expose-gc", "--no-warnings"] })
    const [line] = yield* program.waitFor("stdout", /^.*\n/)
    const { before, after, ...said } = JSON.parse(line)
    expect(after.descriptors).toBe(before.descriptors)
    expect(after.handles).toBe(before.handles)
    // Each pending delay has a fiber, which comes and goes.
    expect(after.fibers).toBeLessThan(before.fibers + 5)
    expect(after.heapBytes - before.heapBytes).toBeLessThan(2 * MiB)
    // The allocator may keep freed memory. 5 000 leaked connections would be more than 150 MiB.
    expect(after.residentBytes - before.residentBytes).toBeLessThan(48 * MiB)
    expect(yield* program.ended).toEqual({ code: 0, signal: null })
    expect(program.text("stderr")).toBe("")
    return said
  })

it.scopedLive(
  "5 000 connections that open and break in different ways leave no descriptor, handle, fiber or memory",
  () =>
    Effect.gen(function* () {
      expect(yield* soak("soak", 5000)).toEqual({ closed: 6000 })
    }),
  patience,
)

it.scopedLive(
  "a client with 2 000 failed attempts and 2 000 lost connections leaves no descriptor, handle, fiber or memory",
  () => Effect.asVoid(soak("redial", 2000)),
  patience,
)
