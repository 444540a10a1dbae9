import { describe, expect, it } from "@effect/vitest"
import { HexQueue, RawQueue, type TrafficQueue } from "../../../src/cli/logs/TrafficQueue.ts"

const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime()

const takeAll = (queue: TrafficQueue) => {
  const parts = []
  for (let part = queue.take(); part !== undefined; part = queue.take()) parts.push(part)
  return {
    bytes: Buffer.concat(parts.flatMap(({ pieces }) => pieces)),
    traffic: parts.reduce((sum, { traffic }) => sum + traffic, 0),
    cost: parts.reduce((sum, { cost }) => sum + cost, 0),
  }
}

describe.each([
  ["raw", () => new RawQueue()],
  ["hex", () => new HexQueue()],
])("a queue of %s traffic", (_, make) => {
  it("gives back exactly the memory and the traffic that it took, for blocks of any size", () => {
    const queue = make()
    const sizes = [1, 15, 16, 17, 40_000, 3 * 1024 * 1024, 1, 5 * 1024 * 1024, 300_000, 2]
    let memory = 0
    for (const size of sizes) memory += queue.add(new Uint8Array(size), "#1 <", at)
    const first = queue.take()
    memory += queue.add(new Uint8Array(7), "#1 <", at)
    const { cost, traffic } = takeAll(queue)
    expect((first?.cost ?? 0) + cost).toBe(memory)
    expect((first?.traffic ?? 0) + traffic).toBe(sizes.reduce((sum, size) => sum + size, 7))
    expect(queue.take()).toBeUndefined()
  })

  it("keeps a copy, because the memory of a run is used again", () => {
    const queue = make()
    const bytes = Buffer.from("old")
    queue.add(bytes, "#1 <", at)
    bytes.write("new")
    expect(takeAll(queue).bytes.toString()).toContain("old")
  })
})

describe("a queue of hex dumps", () => {
  it("names time, client and length of each block, and the number of bytes that are left out", () => {
    const queue = new HexQueue()
    queue.add(Buffer.from("hello, world\r\n\u0000\u00ff"), "#1 <", at)
    queue.leaveOut(3)
    queue.leaveOut(4)
    queue.add(Buffer.from("b"), "#2,#3 >", at)
    expect(
      takeAll(queue)
        .bytes.toString()
        .replace(/^.* 7 bytes/m, "TIME 7 bytes"),
    ).toBe(
      [
        "2026-01-02 03:04:05.006 #1 < 17 bytes",
        "00000000  68 65 6C 6C 6F 2C 20 77  6F 72 6C 64 0D 0A 00 C3  |hello, world....|",
        "00000010  BF                                                |.|",
        "TIME 7 bytes left out here",
        "2026-01-02 03:04:05.006 #2,#3 > 1 byte",
        "00000000  62                                                |b|",
        "",
      ].join("\n"),
    )
  })

  it("continues the offsets of a block that is longer than a part", () => {
    const queue = new HexQueue()
    const size = 2 * 1024 * 1024 + 16
    queue.add(new Uint8Array(size), "#1 <", at)
    const lines = takeAll(queue).bytes.toString().trimEnd().split("\n")
    expect(lines.length).toBe(1 + size / 16)
    expect(lines.at(-1)?.slice(0, 8)).toBe("00200000")
  })
})
