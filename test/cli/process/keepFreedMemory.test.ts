import { afterEach, describe, expect, it, vi } from "vitest"
import { keepFreedMemory } from "../../../src/cli/process/keepFreedMemory.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

describe("keepFreedMemory", () => {
  it("allocates one block that glibc counts, which it does up to 32 MiB", () => {
    const allocate = vi.spyOn(Buffer, "allocUnsafeSlow")
    keepFreedMemory()
    expect(allocate.mock.calls).toEqual([[24 * 1024 * 1024]])
  })

  it("does not fail in a process without room for the block", () => {
    vi.spyOn(Buffer, "allocUnsafeSlow").mockImplementation(() => {
      throw new RangeError("Array buffer allocation failed")
    })
    expect(keepFreedMemory).not.toThrow()
  })
})
