import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import type { SlowConsumerPolicy } from "../../../src/domain/index.ts"
import { nextTurn } from "../../../src/testing/turns.ts"
import { HubWorld } from "../../support/hubWorld.ts"

const who = fc.nat({ max: 7 })
const policy = fc.constantFrom<SlowConsumerPolicy>("disconnect", "drop-oldest", "block")
const sizes = fc.array(fc.integer({ min: 8, max: 120 }), { minLength: 1, maxLength: 4 })

const action = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      _tag: fc.constant("Attach" as const),
      policy,
      budgetBytes: fc.integer({ min: 200, max: 1500 }),
      room: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.constant(0), fc.integer({ min: 1, max: 150 })),
      needsPublisher: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ _tag: fc.constant("Publish" as const), who, sizes }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant("PublishOutside" as const), sizes }) },
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant("Drain" as const), who, room: fc.nat({ max: 150 }) }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant("TakeSome" as const), who, bytes: fc.nat({ max: 100 }) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("DrainNothing" as const), who }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("Detach" as const), who }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("Finish" as const), who }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("Pass" as const), millis: fc.nat({ max: 6000 }) }) },
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant("Turn" as const) }) },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

// Small sizes, so that the log joins the segments of a few turns.
const log = { mostSegments: 3, joinedBytes: 600 }

const budgets = new WeakMap<object, { readonly policy: SlowConsumerPolicy; readonly budgetBytes: number }>()

const step = (world: HubWorld, next: Action): void => {
  const sink = "who" in next ? world.present[next.who % Math.max(1, world.present.length)] : undefined
  switch (next._tag) {
    case "Attach":
      if (world.present.length < 8) {
        budgets.set(world.attach(`s${world.sinks.length}:`, { ...next, slowConsumer: next.policy }), next)
      }
      break
    case "Publish":
      if (sink?.isBlocked === false) world.publish(sink, next.sizes)
      break
    case "PublishOutside":
      world.publish(undefined, next.sizes)
      break
    case "Drain":
      sink?.drain(next.room)
      break
    case "DrainNothing":
      if (sink?.isFull === false) sink.member.drained()
      break
    case "TakeSome":
      sink?.takeSome(next.bytes)
      break
    case "Detach":
      if (sink !== undefined) world.detach(sink)
      break
    case "Finish":
      if (sink !== undefined) world.finish(sink)
      break
    case "Pass":
      world.timing.advance(next.millis)
      break
    case "Turn":
      break
  }
}

/** The invariants after each turn, for every attached subscriber. */
const checkTurn = (world: HubWorld, largestTurn: number): void => {
  const { lagging, retainedBytes, subscribers } = world.core.stats()
  expect(world.faults).toEqual([])
  const finished = world.sinks.filter((sink) => sink.isFinished && sink.overflows.length === 0)
  expect(subscribers).toBe(world.present.length + finished.length)
  expect(lagging).toBe(world.present.filter((sink) => sink.isFull).length)
  if (lagging === 0) expect(retainedBytes).toBe(0)
  let largest = 0
  let unbounded = false
  for (const sink of world.present) {
    const rules = budgets.get(sink)
    if (rules === undefined) continue
    const { least } = sink.lag
    largest = Math.max(largest, rules.budgetBytes)
    unbounded ||= rules.policy === "block"
    if (!sink.isFull) {
      expect(sink.owed).toEqual([])
      continue
    }
    if (least >= rules.budgetBytes / 4) expect(sink.isStalled).toBe(true)
    if (rules.policy === "disconnect") expect(least).toBeLessThanOrEqual(rules.budgetBytes)
    if (rules.policy === "drop-oldest") {
      expect(least).toBeLessThanOrEqual(Math.max(rules.budgetBytes, sink.pending()))
    }
  }
  if (!unbounded) expect(retainedBytes).toBeLessThanOrEqual(largest + Math.max(largestTurn, log.joinedBytes))
}

const run = Effect.fnUntraced(function* (actions: ReadonlyArray<Action>, apartBytes: number, last: number) {
  const world = new HubWorld({ log, apartBytes, last })
  let turnBytes = 0
  let largestTurn = 0
  for (const next of actions) {
    if (next._tag === "Publish" || next._tag === "PublishOutside") {
      turnBytes += next.sizes.reduce((sum, size) => sum + size, 0)
    }
    step(world, next)
    expect(world.faults).toEqual([])
    if (next._tag !== "Turn") continue
    yield* nextTurn
    largestTurn = Math.max(largestTurn, turnBytes)
    checkTurn(world, largestTurn)
    turnBytes = 0
  }
  yield* nextTurn
  return world
})

describe("a hub with random publishers, subscribers and turns", () => {
  it.effect.prop(
    "gives each subscriber each frame of the others once, in order, whole, or counts it as missed",
    {
      actions: fc.array(action, { minLength: 20, maxLength: 120 }),
      // The runs of a turn are joined always, never, or depending on the turn.
      apartBytes: fc.constantFrom(Number.POSITIVE_INFINITY, 0, 20),
      // The number of frames in the history.
      last: fc.constantFrom(0, 0, 1, 5, 100),
    },
    ({ actions, apartBytes, last }) =>
      Effect.gen(function* () {
        const world = yield* run(actions, apartBytes, last)
        for (const sink of world.sinks) {
          const rules = budgets.get(sink)
          expect(sink.overflows.length).toBe(sink.overflows.length > 0 && rules?.policy === "disconnect" ? 1 : 0)
          expect(sink.missed > 0 && rules?.policy !== "drop-oldest").toBe(false)
        }
        for (const sink of world.present) {
          sink.drain(Number.POSITIVE_INFINITY)
          expect(sink.owed).toEqual([])
          const published = sink.items.filter((item) => !item.own).length
          expect(sink.got.length + sink.missed).toBe(published)
          expect(sink.isStalled).toBe(false)
        }
        expect(world.faults).toEqual([])
        expect(world.sinks.filter((sink) => sink.isBlocked && !sink.isGone).map((sink) => sink.name)).toEqual([])
        expect(world.core.stats()).toMatchObject({ lagging: 0, retainedBytes: 0 })
        expect(world.timing.armed).toBe(0)
      }),
    { fastCheck: { numRuns: 300 } },
  )
})
