import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { nextTurn } from "../../src/testing/turns.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { HubStorm } from "../support/hubStorm.ts"
import { weather } from "../support/relayRun.ts"
import { replayHint, stressSeeds } from "../support/stressSeeds.ts"

const storm = (seed: number) =>
  Effect.gen(function* () {
    const hub = new HubStorm(seed)
    const expectNoFault = (when: string) => {
      const [fault] = hub.model.faults
      if (fault !== undefined) expect.fail(`${replayHint(seed)}, ${when}: ${fault}`)
    }
    for (let step = 0; step < 3000; step++) {
      hub.step()
      // Sometimes the turn of the event loop ends, and the hub flushes.
      if (step % 40 === 39) yield* nextTurn
      expectNoFault(`step ${step}`)
    }
    hub.end()
    expectNoFault("at the end")
  })

describe("a hub in a storm", () => {
  it.effect("delivers to each subscriber exactly the bytes that the model predicts", () =>
    Effect.forEach(stressSeeds(Array.from({ length: 80 }, (_, index) => index + 1)), storm, { discard: true }),
  )
})

// A storm uses the processor all the time, and shares it with other tests.
const patience = 120_000

const inMemory = { crowd: 300, atOnce: 120, steps: 3000, resumes: 7, budgetBytes: 40_000, longestLine: 400 }

// The kernel buffers megabytes for a socket that is not read. Only long stalls and long lines exceed them.
const overTcp = { crowd: 200, atOnce: 50, steps: 2000, resumes: 2, budgetBytes: 1024 ** 2, longestLine: 32 * 1024 }

// The promise of each policy, and the proof that the test has exercised it.
const policies = [
  { policy: "block", deafShare: 0, promise: "loses nothing", bites: "ConnectionStalled" },
  { policy: "drop-oldest", deafShare: 0, promise: "counts each frame that it passes over", bites: "FramesDropped" },
  { policy: "disconnect", deafShare: 10, promise: "cuts off the slow, and only them", bites: "SlowConsumer" },
] as const

describe("a broker in a storm of connections", () => {
  for (const { bites, deafShare, policy, promise } of policies) {
    for (const seed of stressSeeds([1, 2, 3])) {
      it.live(
        `with ${policy} ${promise} (memory, seed ${seed})`,
        () =>
          Effect.gen(function* () {
            const counts = yield* weather(seed, { ...inMemory, policy, deafShare })
            expect([replayHint(seed), counts[bites] ?? 0]).not.toEqual([replayHint(seed), 0])
          }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 2000 }))),
        patience,
      )
    }
    for (const seed of stressSeeds([1, 2])) {
      it.live(
        `with ${policy} ${promise} (tcp, seed ${seed})`,
        () => weather(seed, { ...overTcp, policy, deafShare }).pipe(Effect.provide(NodeTransport.layer)),
        patience,
      )
    }
  }
})
