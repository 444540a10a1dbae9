import { describe, expect, it } from "@effect/vitest"
import { Hold } from "../../../src/connection/ConnectionOwner.ts"
import { type RateLimit, RateLimits, type Rates } from "../../../src/server/internal/RateLimits.ts"
import { FakeTiming } from "../../support/fakeTiming.ts"

const tickMillis = 50

/** The part of a connection that a meter needs. */
class FakeCore {
  readonly holds = new Set<Hold>()
  reads = true
  received = 0

  onData(bytes: Uint8Array): void {
    this.received += bytes.length
  }
  onEnd(): void {}
  onDrain(): void {}
  onClose(): void {}
  takesInput(): boolean {
    return this.reads
  }
  hold(cause: Hold): void {
    this.holds.add(cause)
  }
  release(cause: Hold): void {
    this.holds.delete(cause)
  }
}

const limiting = (rates: Partial<Rates>) => {
  const timing = new FakeTiming()
  const told: Array<string> = []
  const names = new Map<object, string>()
  const limits = new RateLimits<{ readonly core: never }>(
    timing,
    { maxRate: Number.POSITIVE_INFINITY, maxRateInAll: Number.POSITIVE_INFINITY, ...rates },
    {
      onThrottled: (one, by: RateLimit, bytesPerSecond) => told.push(`${names.get(one)} ${by} ${bytesPerSecond}`),
      onUnthrottled: (one) => told.push(`${names.get(one)} free`),
    },
  )
  const connect = (name: string) => {
    const core = new FakeCore()
    const one = { core: core as never }
    names.set(one, name)
    const meter = limits.meter(one)
    const receive = (bytes: number) => meter.onData(new Uint8Array(bytes))
    return { core, receive, close: () => meter.onClose({}), isHeld: () => core.holds.size > 0 }
  }
  /** Advances the clock by ticks, and returns the connections that are read after each. */
  const ticks = (count: number) => {
    for (let tick = 0; tick < count; tick++) timing.advance(tickMillis)
  }
  return { timing, told, connect, ticks }
}

describe("the rate of one connection", () => {
  it("does not hold another connection that is within its own rate again", () => {
    const { connect, ticks } = limiting({ maxRate: 1000 })
    const [deep, shallow] = [connect("deep"), connect("shallow")]
    deep.receive(5000)
    shallow.receive(1000)
    expect([deep.isHeld(), shallow.isHeld()]).toEqual([true, true])
    ticks(1)
    expect([deep.isHeld(), shallow.isHeld()]).toEqual([true, false])
  })

  it("is kept again after a second without a hold, counted from the last hold", () => {
    const { connect, ticks, told } = limiting({ maxRate: 1000 })
    const peer = connect("a")
    peer.receive(1000)
    ticks(19)
    peer.receive(1000)
    expect(peer.isHeld()).toBe(true)
    ticks(2)
    expect(peer.isHeld()).toBe(false)
    expect(told).toEqual(["a maxRate 1000"])
    ticks(18)
    expect(told).toEqual(["a maxRate 1000"])
    ticks(2)
    expect(told).toEqual(["a maxRate 1000", "a free"])
  })

  it("emits nothing for a closed connection, and leaves no timer", () => {
    const { connect, ticks, timing, told } = limiting({ maxRate: 1000 })
    const [held, released] = [connect("held"), connect("released")]
    held.receive(5000)
    released.receive(1000)
    ticks(1)
    expect([held.isHeld(), released.isHeld()]).toEqual([true, false])
    held.close()
    released.close()
    ticks(1)
    expect(timing.armed).toBe(0)
    ticks(200)
    expect(told).toEqual(["held maxRate 1000", "released maxRate 1000"])
    expect(held.isHeld()).toBe(true)
  })

  it("does not count bytes that are read only to be dropped", () => {
    const { connect } = limiting({ maxRate: 1000 })
    const peer = connect("a")
    peer.core.reads = false
    peer.receive(5000)
    expect([peer.core.received, peer.isHeld()]).toEqual([5000, false])
  })
})

describe("the rate of all connections", () => {
  it("releases only as many peers in a tick as will use up its bytes, the longest held first", () => {
    const { connect, ticks } = limiting({ maxRateInAll: 1000 })
    const peers = ["a", "b", "c"].map(connect)
    for (const peer of peers) peer.receive(1000)
    expect(peers.map(({ isHeld }) => isHeld())).toEqual([true, true, true])
    // A debt of 2000 bytes is paid off after two seconds. The next tick has 50 bytes.
    ticks(41)
    expect(peers.map(({ isHeld }) => isHeld())).toEqual([false, true, true])
    // The peer sends more, and the others wait until this debt is paid off too.
    peers[0]?.receive(1000)
    ticks(19)
    expect(peers.map(({ isHeld }) => isHeld())).toEqual([true, true, true])
    ticks(1)
    expect(peers.map(({ isHeld }) => isHeld())).toEqual([true, false, true])
  })

  it("holds a peer for both limits at once, and releases it from both", () => {
    const { connect, ticks, told } = limiting({ maxRate: 1000, maxRateInAll: 1500 })
    const [first, second] = [connect("first"), connect("second")]
    first.receive(900)
    second.receive(700)
    expect([[...first.core.holds], [...second.core.holds]]).toEqual([[], [Hold.totalRate]])
    second.receive(400)
    expect([...second.core.holds].sort()).toEqual([Hold.ownRate, Hold.totalRate].sort())
    expect(told).toEqual(["second maxRateInAll 1500"])
    ticks(7)
    expect([...second.core.holds]).toEqual([])
  })
})
