import { availableParallelism } from "node:os"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isSkipped, Programs, startLoad } from "./programs.ts"

const Found = Schema.parseJson(
  Schema.Struct({
    phase: Schema.Literal("result"),
    work: Schema.Literal("cores"),
    roundTripNanos: Schema.optional(Schema.Number),
  }),
)

layer(Programs.layer)((it) => {
  describe.skipIf(isSkipped)("the load generator", () => {
    it.scoped("measures the distance between two cores, and gives nothing for another number of cores", () =>
      Effect.gen(function* () {
        const generator = yield* startLoad("cores", { limit: 25 })
        expect((yield* generator.ended).code).toBe(0)
        const { roundTripNanos } = yield* Schema.decodeUnknown(Found)(generator.text("stdout"))
        // The generator measures only two cores. A round trip below 1 ns is impossible.
        if (availableParallelism() > 2) expect(roundTripNanos).toBeUndefined()
        if (roundTripNanos !== undefined) expect(roundTripNanos).toSatisfy((nanos: number) => nanos > 1 && nanos < 1e6)
      }),
    )
  })
})
