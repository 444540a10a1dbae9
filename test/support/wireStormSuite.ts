import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { nextTurn } from "../../src/testing/turns.ts"
import { Chance, replayHint, stressSeeds } from "./stressSeeds.ts"
import { startedWires, type TransportFixture } from "./transportFixture.ts"
import { firstDifference, pattern, type WireProbe } from "./wireProbe.ts"

/** More bytes than any storm writes. */
const stream = pattern(16 * 1024 * 1024, 7)
const steps = 150

/** A model of one end: it knows from the actions which callbacks may still come. */
class ModelEnd {
  readonly probe: WireProbe
  readonly broken: Array<string> = []
  sent = 0
  private corked = false
  private paused = false
  /** Whether the end was ended, so that writes are ignored. */
  private ended = false
  /** Whether the end was reset or destroyed, so that no data may come. */
  destroyed = false
  /** Whether a drain must come, may come, or must not come. */
  private drain: "owed" | "possible" | "none" = "none"
  private drainsSeen = 0

  constructor(probe: WireProbe) {
    this.probe = probe
    probe.onEachEnd = () => this.check(!this.destroyed, "the peer's FIN after destroy")
    probe.onEachData = () => {
      this.check(!this.paused, "data while paused")
      this.check(!this.destroyed, "data after destroy")
    }
  }

  write(size: number): void {
    const { wire } = this.probe
    const taken = wire.write(stream.subarray(this.sent, this.sent + size))
    if (this.ended) {
      this.check(taken, "a write after the end was not ignored")
      return
    }
    this.sent += size
    if (!this.corked) this.onAnswer(taken)
  }

  cork(): void {
    if (this.corked) return
    this.corked = true
    this.probe.wire.cork()
  }

  uncork(): void {
    if (!this.corked) return
    this.corked = false
    const taken = this.probe.wire.uncork()
    if (!this.ended) this.onAnswer(taken)
  }

  pause(): void {
    this.paused = true
    this.probe.wire.pause()
  }

  resume(): void {
    this.paused = false
    this.probe.wire.resume()
  }

  end(): void {
    this.uncork()
    this.ended = true
    if (this.drain === "owed") this.drain = "possible"
    this.probe.wire.end()
  }

  /** Ends both directions now. */
  breakOff(how: "destroy" | "reset"): void {
    this.ended = true
    this.destroyed = true
    this.drain = "none"
    this.probe.wire[how]()
  }

  /** Checks what must hold at every moment. */
  look(other: ModelEnd): void {
    const { wire, received, drains } = this.probe
    if (drains !== this.drainsSeen) {
      this.check(drains === this.drainsSeen + 1, "two drains for one wait")
      this.check(this.drain !== "none", "a drain that nobody waited for")
      this.drainsSeen = drains
      this.drain = "none"
    }
    // A paused stream of Node reads on for a while and delivers these bytes later.
    this.check(wire.bytesIn() >= received, `bytesIn is ${wire.bytesIn()}, ${received} came`)
    this.check(wire.bytesIn() <= other.sent, "more came than was sent")
    const isOpen = this.probe.closes.length === 0 && !this.destroyed
    const known = wire.bytesOut() + wire.pending()
    this.check(!isOpen || known === this.sent, `bytesOut and pending are ${known}, ${this.sent} were written`)
  }

  /** Waits for the drain if one must come. */
  get untilTaken(): Effect.Effect<void> {
    return this.probe.until(({ drains }) => this.drain !== "owed" || drains !== this.drainsSeen)
  }

  private onAnswer(taken: boolean): void {
    if (!taken) this.drain = "owed"
    else {
      this.check(this.destroyed || this.probe.wire.pending() === 0, "said to have taken what is pending")
      if (this.drain === "owed") this.drain = "possible"
    }
  }

  private check(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise)
  }
}

/** Does a random action of an owner on an end. */
const act = (chance: Chance, end: ModelEnd): void => {
  const does = chance.weighted<() => void>([
    [8, () => end.write(chance.between(1, 2000))],
    [3, () => end.write(chance.between(1, 300_000))],
    [3, () => end.cork()],
    [5, () => end.uncork()],
    [2, () => end.pause()],
    [4, () => end.resume()],
  ])
  does()
}

const stormOf = Effect.fnUntraced(function* (fixture: TransportFixture, seed: number) {
  const chance = new Chance(seed)
  const wires = yield* startedWires(fixture)
  const ends = [new ModelEnd(wires.near), new ModelEnd(wires.far)] as const
  const [near, far] = ends
  const either = () => (chance.percent(50) ? near : far)
  const look = () => {
    near.look(far)
    far.look(near)
  }
  // One end may send FIN in the middle, while the other end writes on.
  const halfClosedAt = chance.percent(40) ? chance.below(steps) : steps
  for (let step = 0; step < steps; step++) {
    if (step === halfClosedAt) near.end()
    act(chance, either())
    look()
    if (chance.percent(30)) {
      yield* nextTurn
      look()
    }
  }
  const finish = chance.weighted([
    [4, "end"],
    [1, "destroy"],
    [1, "reset"],
  ] as const)
  if (finish !== "end") either().breakOff(finish)
  else {
    for (const end of ends) {
      end.uncork()
      end.resume()
    }
    yield* Effect.all([near.untilTaken, far.untilTaken])
    look()
  }
  for (const end of ends) {
    if (end.destroyed) continue
    end.end()
    end.resume()
  }
  yield* Effect.all([wires.near.untilClosed, wires.far.untilClosed])
  yield* nextTurn
  look()
  return { ends, finish }
})

/** Does random actions of an owner on both ends of a wire, and compares the callbacks with a model. */
export const wireStormSuite = (fixture: TransportFixture): void => {
  describe(`wires over ${fixture.name} at random`, () => {
    for (const seed of stressSeeds([1, 2, 3, 4, 5, 6, 7, 8, 9, 199])) {
      it.scopedLive(`${seed}: bytes, drains, counts and ends are what was asked for`, () =>
        Effect.gen(function* () {
          const { ends, finish } = yield* stormOf(fixture, seed)
          const [near, far] = ends
          const hint = replayHint(seed)
          expect([...near.broken, ...far.broken], hint).toEqual([])
          for (const [end, other] of [
            [near, far],
            [far, near],
          ] as const) {
            const { probe } = end
            const isWhole = finish === "end"
            const expected = stream.subarray(0, isWhole ? other.sent : probe.received)
            expect(firstDifference(probe.bytes(), expected), hint).toBe("same")
            expect(probe.closes, hint).toHaveLength(1)
            expect(probe.told.at(-1), hint).toBe("close")
            if (isWhole) {
              expect(probe.closes, hint).toEqual([{}])
              expect(probe.hasEnded(), hint).toBe(true)
              const { wire } = probe
              expect([wire.bytesOut(), wire.pending(), wire.bytesIn()], hint).toEqual([end.sent, 0, other.sent])
            }
          }
        }).pipe(Effect.provide(fixture.layer)),
      )
    }
  })
}
