import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Scope from "effect/Scope"
import { type ServerEvent, slowConsumerPolicies } from "../../src/domain/index.ts"
import { Server, type ServerService } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { byConnection, expectGrammar, expectWholeLives, openByEvents } from "../support/eventGrammar.ts"
import { acts, FaultStorm, handlers, tight } from "../support/faultStorm.ts"
import { handles, handlesBeyond } from "../support/handles.ts"
import { stressSeeds } from "../support/stressSeeds.ts"

// A failure prints its seed. TCPFX_STRESS_SEED sets the seed.
const [seed = 0] = stressSeeds([0x7cf])
const property = { timeout: 60_000, fastCheck: { numRuns: 20, seed, endOnFailure: true } }

const handlerNames = ["a broker that keeps", "a broker that closes", "an echo", "a handler in fibers"] as const

const listeningByEvents = (events: ReadonlyArray<ServerEvent>) => {
  const endpoints = new Set<string>()
  for (const event of events) {
    if (event._tag === "Listening") endpoints.add(JSON.stringify(event.endpoint))
    if (event._tag === "ListenStopped") endpoints.delete(JSON.stringify(event.endpoint))
  }
  return [...endpoints]
}

/** Checks that the gauges of the server agree with its events. */
const compareGauges = (server: ServerService, events: Testing.EventProbe<ServerEvent>) =>
  Effect.gen(function* () {
    // The events of a turn are recorded when the next turn begins.
    yield* turns(2)
    expect(openByEvents(events.seen)).toEqual((yield* server.connections).map(({ id }) => id))
    expect(listeningByEvents(events.seen)).toEqual(
      (yield* server.listening).map((endpoint) => JSON.stringify(endpoint)),
    )
  })

describe("any order of dials, lines, parts, stalls, resets, ends, kicks, refusals and drains", () => {
  it.scopedLive.prop(
    "gives complete events of each connection and gauges that equal their sums, and leaves nothing open",
    {
      steps: acts,
      handler: FastCheck.constantFrom(...handlerNames),
      slowConsumer: FastCheck.constantFrom(...slowConsumerPolicies),
    },
    ({ handler, slowConsumer, steps }) =>
      Effect.gen(function* () {
        const before = yield* handles
        const scope = yield* Scope.make()
        const server = yield* Scope.extend(
          Server.make({ handler: handlers[handler], settings: { ...tight, slowConsumer } }),
          scope,
        )
        const events = yield* Testing.probe(server.subscribeEvents({ frames: true, bufferBytes: 1024 ** 3 }))
        const storm = new FaultStorm(server, scope)
        yield* storm.listen
        for (const step of steps) {
          yield* storm.do(step)
          yield* compareGauges(server, events)
        }
        // The first drain may join a running one. The second closes the connections of a listener opened meanwhile.
        yield* Effect.zipRight(server.drain, server.drain)
        expect(yield* server.connections).toEqual([])
        yield* Scope.close(scope, Exit.void)
        yield* turns(2)
        expectGrammar(events.seen)
        expectWholeLives(events.seen)
        expect(openByEvents(events.seen)).toEqual([])
        expect(listeningByEvents(events.seen)).toEqual([])
        const came = events.all("ConnectionRefused").length + byConnection(events.seen).size
        expect(came).toBeLessThanOrEqual(storm.peers.length)
        expect(yield* server.hub.stats).toEqual({ subscribers: 0, lagging: 0, retainedBytes: 0 })
        expect(yield* handlesBeyond(before)).toEqual({})
      }).pipe(Effect.provide(NodeTransport.layer)),
    property,
  )
})
