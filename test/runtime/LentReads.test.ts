import { describe, expect, it } from "vitest"
import { LentReads } from "../../src/runtime/LentReads.ts"
import { utf8 } from "../support/wireProbe.ts"

const size = 64

const read = (reads: LentReads, text: string): Uint8Array => {
  const buffer = reads.next()
  const bytes = utf8(text)
  buffer.set(bytes)
  return reads.taken(bytes.length, buffer)
}

describe("large reads", () => {
  it("lend their buffer without a copy, and the next read uses another buffer", () => {
    const reads = new LentReads(size)
    const buffer = reads.next()
    const first = read(reads, "a".repeat(size))
    expect(first.buffer).toBe(buffer.buffer)
    const second = read(reads, "b".repeat(size))
    expect(second.buffer).not.toBe(first.buffer)
    expect([...first].every((byte) => byte === 0x61)).toBe(true)
  })

  it("reuse a buffer that was given back", () => {
    const reads = new LentReads(size)
    const first = read(reads, "a".repeat(size))
    reads.next()
    reads.recycle(first)
    read(reads, "b".repeat(size))
    expect(reads.next().buffer).toBe(first.buffer)
  })

  it("copy a read that fills little of the buffer, and reuse that buffer", () => {
    const reads = new LentReads(size)
    const buffer = reads.next()
    const small = read(reads, "few")
    expect(small.buffer).not.toBe(buffer.buffer)
    expect(reads.next()).toBe(buffer)
  })

  it("copy bytes of a foreign buffer", () => {
    const reads = new LentReads(size)
    const foreign = new Uint8Array(size)
    expect(reads.taken(size, foreign).buffer).not.toBe(foreign.buffer)
  })

  it("take each buffer back once, and ignore bytes that they did not lend", () => {
    const reads = new LentReads(size)
    const first = read(reads, "a".repeat(size))
    reads.next()
    reads.recycle(first)
    reads.recycle(first)
    reads.recycle(new Uint8Array(size))
    const next = [read(reads, "b".repeat(size)), read(reads, "c".repeat(size)), read(reads, "d".repeat(size))]
    expect(new Set(next.map(({ buffer }) => buffer)).size).toBe(3)
  })
})
