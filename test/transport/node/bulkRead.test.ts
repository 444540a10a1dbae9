import { describe, expect, it, vi } from "vitest"

describe("a process that reads in bulk", () => {
  it("has the system keep what is freed, once, and only if a read fills the buffer", async () => {
    // A copy of its own, as other tests of this process may have read in bulk already.
    vi.resetModules()
    const { copyOfRead, shared } = await import("../../../src/transport/node/sharedRead.ts")
    const made = vi.spyOn(Buffer, "allocUnsafeSlow")
    const largest = () => made.mock.calls.map(([length]) => length).filter((length) => length >= 1024 * 1024)
    copyOfRead(shared.length - 1)
    expect(largest()).toEqual([])
    shared.fill(7)
    const copy = copyOfRead(shared.length)
    expect(copy.every((byte) => byte === 7)).toBe(true)
    copyOfRead(shared.length)
    // glibc takes none above 32 MiB.
    expect(largest()).toEqual([24 * 1024 * 1024])
    made.mockRestore()
  })
})
