import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { inSpan } from "../../src/runtime/spans.ts"
import { recordingTracer } from "../support/spans.ts"

const counted = inSpan({
  name: "count",
  kind: "client",
  attributes: () => ({ from: 1 }),
  onSuccess: (to: number) => ({ to }),
})

it.effect("an effect in a span has the parent, the kind and the attributes of the start and the end", () =>
  Effect.gen(function* () {
    const { seen, tracer } = recordingTracer()
    yield* Effect.withTracer(Effect.withSpan(counted(Effect.succeed(7)), "outer"), tracer)
    expect(seen()).toEqual([
      { name: "outer", kind: "internal", parent: undefined, attributes: {}, ended: "Success" },
      { name: "count", kind: "client", parent: "outer", attributes: { from: 1, to: 7 }, ended: "Success" },
    ])
  }),
)

it.effect("an effect that fails has the attributes of the start", () =>
  Effect.gen(function* () {
    const { seen, tracer } = recordingTracer()
    yield* Effect.flip(Effect.withTracer(counted(Effect.fail("no")), tracer))
    expect(seen()).toMatchObject([{ attributes: { from: 1 }, ended: "Failure" }])
  }),
)

it.effect("without a tracer there is no span, and its attributes are not made", () =>
  Effect.gen(function* () {
    const span = inSpan({
      name: "unseen",
      attributes: () => {
        throw new Error("made")
      },
    })
    expect(Option.isNone(yield* span(Effect.option(Effect.currentSpan)))).toBe(true)
  }),
)
