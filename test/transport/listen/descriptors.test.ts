import { describe, expect, it } from "@effect/vitest"
import { DescriptorGuard, openDescriptors, openFilesLimit } from "../../../src/transport/listen/descriptors.ts"

/** A guard for a fake process. `look` reads the limit at once. */
const guarding = (limit: number, open: number) => {
  const system = { limit, open: Array.from({ length: open }, (_, descriptor) => descriptor) }
  const guard = new DescriptorGuard({ limit: () => system.limit, open: () => system.open })
  const look = () => Reflect.get(guard, "look").call(guard)
  return { guard, look, system }
}

describe("the guard of the last descriptors", () => {
  it("refuses connections the last eight descriptors, and no others", () => {
    const { guard } = guarding(100, 20)
    expect([20, 91, 92, 99].map((descriptor) => guard.isAmongLast(descriptor))).toEqual([false, false, true, true])
    guard.close()
  })

  it("follows a limit that is lowered and raised", () => {
    const { guard, look, system } = guarding(100, 20)
    system.limit = 50
    look()
    expect([20, 41, 42].map((descriptor) => guard.isAmongLast(descriptor))).toEqual([false, false, true])
    system.limit = 200
    look()
    expect([42, 191, 192].map((descriptor) => guard.isAmongLast(descriptor))).toEqual([false, false, true])
    guard.close()
  })

  it("counts the open descriptors after the limit drops below them, because their numbers then say nothing", () => {
    const { guard, look, system } = guarding(100, 80)
    // Thirty of eighty descriptors are above the new limit, and four below it become free.
    system.limit = 50
    system.open = system.open.filter((descriptor) => descriptor > 3)
    look()
    expect(guard.isAmongLast(0)).toBe(true)
    // Twelve descriptors are free. Connections may have four of them.
    system.open = system.open.filter((descriptor) => descriptor > 11)
    look()
    expect([0, 1, 2, 3, 4].map((descriptor) => guard.isAmongLast(descriptor))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ])
    // When no descriptor above the limit is open, the number of a new descriptor counts again.
    system.open = system.open.filter((descriptor) => descriptor < 50)
    look()
    expect([3, 4, 5, 6, 7, 41, 42].map((descriptor) => guard.isAmongLast(descriptor))).toEqual([
      ...new Array(6).fill(false),
      true,
    ])
    guard.close()
  })

  it("closes its spare descriptors when none is left to read the limit", () => {
    const limits = [100, "none left", 50] as const
    let asked = 0
    const guard = new DescriptorGuard({
      limit: () => limits[asked++],
      open: () => Array.from({ length: 80 }, (_, descriptor) => descriptor),
    })
    const descriptors = openDescriptors().length
    Reflect.get(guard, "look").call(guard)
    expect(openDescriptors().length).toBe(descriptors - 2)
    expect(guard.isAmongLast(3)).toBe(true)
    guard.close()
  })

  it("has no limit if the kernel reports none", () => {
    const guard = new DescriptorGuard({ limit: () => undefined, open: () => [] })
    expect(guard.isAmongLast(1_000_000)).toBe(false)
    guard.close()
  })

  it("closes its spare descriptors at the end", () => {
    const before = openDescriptors().length
    const guard = new DescriptorGuard()
    guard.close()
    expect([openDescriptors().length, (openFilesLimit() ?? 1) > 0]).toEqual([before, true])
  })
})
