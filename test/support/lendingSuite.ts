import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { Framing } from "../../src/domain/index.ts"
import type { Transport } from "../../src/transport/index.ts"
import { connectedCores } from "./cores.ts"
import type { TransportFixture } from "./transportFixture.ts"
import { concat, firstDifference, pattern, textOf, utf8 } from "./wireProbe.ts"

const megabyte = 1024 * 1024

/** The promises of a connection that lends its payloads. */
export const lendingSuite = (fixture: TransportFixture): void => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(body, fixture.layer))

  describe(`a connection over ${fixture.name} that lends its payloads`, () => {
    test(
      "gives bulk data whole and in order, each payload unchanged until it is given back",
      Effect.gen(function* () {
        const { near, far, farOwner } = yield* connectedCores(fixture, { framing: Framing.raw })
        farOwner.keeps = true
        const sent = pattern(6 * megabyte)
        const sender = yield* Effect.fork(
          Effect.gen(function* () {
            for (let at = 0; at < sent.length; at += megabyte) yield* near.send(sent.subarray(at, at + megabyte))
            yield* near.halfClose
          }),
        )
        const copies: Array<Uint8Array> = []
        yield* far.runForEachLent((payload, recycle) => {
          const before = new Uint8Array(payload)
          // Other reads may happen while the effect runs.
          return Effect.map(Effect.yieldNow(), () => {
            expect(Buffer.compare(before, payload)).toBe(0)
            copies.push(before)
            recycle()
          })
        })
        yield* Fiber.join(sender)
        expect(firstDifference(concat(copies), sent)).toBe("same")
        // The owner keeps its payloads, so they must not share memory with the read buffer.
        expect(firstDifference(concat(farOwner.runs), sent)).toBe("same")
      }),
    )

    test(
      "gives whole frames where a framing cuts them",
      Effect.gen(function* () {
        const { near, far } = yield* connectedCores(fixture, { framing: Framing.line })
        for (const text of ["one", "two", "three"]) yield* near.send(utf8(text))
        yield* near.halfClose
        const seen: Array<string> = []
        yield* far.runForEachLent((payload) => Effect.sync(() => void seen.push(textOf(payload))))
        expect(seen).toEqual(["one", "two", "three"])
      }),
    )
  })
}
