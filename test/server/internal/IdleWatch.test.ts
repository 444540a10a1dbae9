import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { IdleWatch, type Watched } from "../../../src/server/internal/IdleWatch.ts"
import { FakeTiming } from "../../support/fakeTiming.ts"

class Peer implements Watched {
  received = 0
  held = false
  bytesIn = () => this.received
  isHeld = () => this.held
}

const watching = () => {
  const timing = new FakeTiming()
  const idle: Array<readonly [Peer, at: number]> = []
  const watch = new IdleWatch<Peer>(timing, Duration.seconds(1), (peer) => idle.push([peer, timing.now()]))
  return { timing, idle, watch }
}

describe("the watch over idle peers", () => {
  it("finds one that sends nothing, not before the timeout and a tenth later at most, once", () => {
    const { timing, idle, watch } = watching()
    const [first, second] = [new Peer(), new Peer()]
    watch.add(first)
    timing.advance(50)
    watch.add(second)
    timing.advance(10_000)
    expect(idle.map(([peer]) => peer)).toEqual([first, second])
    expect(idle[0]?.[1]).toBeGreaterThanOrEqual(1000)
    expect(idle[0]?.[1]).toBeLessThanOrEqual(1100)
    expect(idle[1]?.[1]).toBeGreaterThanOrEqual(1050)
    expect(idle[1]?.[1]).toBeLessThanOrEqual(1150)
  })

  it("lets one be that sends now and then, and finds it when it stops", () => {
    const { timing, idle, watch } = watching()
    const peer = new Peer()
    watch.add(peer)
    for (let sent = 0; sent < 20; sent++) {
      timing.advance(990)
      peer.received++
    }
    expect(idle).toEqual([])
    const last = timing.now()
    timing.advance(999)
    expect(idle).toEqual([])
    timing.advance(101)
    expect((idle[0]?.[1] ?? 0) - last).toBeGreaterThanOrEqual(1000)
  })

  it("does not take for idle one that is held back", () => {
    const { timing, idle, watch } = watching()
    const peer = new Peer()
    peer.held = true
    watch.add(peer)
    timing.advance(5000)
    expect(idle).toEqual([])
    peer.held = false
    timing.advance(1100)
    expect(idle.length).toBe(1)
  })

  it("forgets who has left, and has no timer when nobody is there", () => {
    const { timing, idle, watch } = watching()
    const peer = new Peer()
    expect(timing.armed).toBe(0)
    watch.add(peer)
    expect(timing.armed).toBe(1)
    watch.remove(peer)
    timing.advance(5000)
    expect([idle.length, timing.armed]).toEqual([0, 0])
    watch.add(peer)
    timing.advance(1100)
    expect([idle.length, timing.armed]).toEqual([1, 0])
  })
})
