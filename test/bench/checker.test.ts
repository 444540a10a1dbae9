import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { everybody, faultyServer } from "./faultyServer.ts"
import { isSkipped, type LoadArguments, Programs } from "./programs.ts"
import { faultsOf, noFaults, runEcho, runFanout } from "./reports.ts"

interface FanOut {
  readonly load: LoadArguments
  readonly connections: number
  /** The number of subscribers that receive each message. */
  readonly recipients: number
}

const fanOuts: ReadonlyArray<FanOut> = [
  // The generator checks small messages of one publisher in blocks.
  { load: { subscribers: 3, size: 64 }, connections: 4, recipients: 3 },
  // The generator checks large messages of several publishers one by one.
  { load: { everybody: 1, subscribers: 3, size: 700 }, connections: 3, recipients: 2 },
]

/** The faults found, with lost and undelivered messages added up. */
const found = (result: Parameters<typeof faultsOf>[0]) => {
  const { lost, undelivered, ...others } = faultsOf(result)
  return { ...others, absent: lost + undelivered }
}
type Found = ReturnType<typeof found>
const nothingFound = found(noFaults)

/** The faults to find, by the number of faults that the server made. */
const findings: Readonly<Record<string, (made: number) => Partial<Found>>> = {
  drop: (made) => ({ absent: made }),
  double: (made) => ({ doubled: made }),
  // A corrupt or torn message has not come.
  flip: (made) => ({ corrupt: made, absent: made }),
  // An invented message does not make up for an absent one.
  invent: (made) => ({ corrupt: made, absent: made }),
  foretell: (made) => ({ corrupt: made, absent: made }),
  swap: (made) => ({ reordered: made }),
  // Each fault spoils two lines.
  tear: (made) => ({ torn: 2 * made, absent: 2 * made }),
}
/** The most lines in a row that a fault spoils. If they are the last of a publisher, they count as undelivered. */
const longestSpoilt = 2

/** The window lasts until so many messages have come, so that each subscriber meets a fault even on a slow machine. */
const least = 1000

layer(Programs.layer, { excludeTestServices: true })((it) => {
  describe.skipIf(isSkipped)("the checker of the load generator", () => {
    it.scoped("finds no fault in a correct server, and counts every message", () =>
      Effect.forEach(fanOuts, ({ load, connections, recipients }) =>
        Effect.gen(function* () {
          const { port, made } = yield* faultyServer("none", 50)
          const run = yield* runFanout({ ...load, least, port })
          const { result } = run
          expect(run.connections).toBe(connections)
          expect(faultsOf(result)).toEqual(noFaults)
          expect(result.sent).toBeGreaterThan(0)
          expect(result.expected).toBe(result.sent * recipients)
          expect(result.received).toBe(result.expected)
          expect(result.delivered).toBeGreaterThan(0)
          expect(result.delivered).toBeLessThanOrEqual(result.received)
          expect((result.perSecond * result.seconds) / result.delivered).toBeCloseTo(1, 2)
          expect(result.latencyMicros).toBeUndefined()
          expect(yield* made).toBe(0)
        }),
      ),
    )

    for (const [fault, expected] of Object.entries(findings)) {
      it.scoped(`finds each fault of a server that does this: ${fault}`, () =>
        Effect.forEach(
          fanOuts,
          ({ load, connections, recipients }) =>
            Effect.gen(function* () {
              const { port, made, windowIsOver } = yield* faultyServer(fault, 100)
              const { result } = yield* runFanout({ ...load, least, port }, windowIsOver)
              const count = yield* made
              expect(count).toBeGreaterThan(0)
              expect(found(result)).toEqual({ ...nothingFound, ...expected(count) })
              expect(result.received).toBe(result.expected - result.lost - result.undelivered)
              // The bound: each connection is a publisher for each recipient.
              expect(result.undelivered).toBeLessThanOrEqual(connections * recipients * longestSpoilt)
            }),
          { concurrency: "unbounded" },
        ),
      )
    }

    it.scoped("finds each message whose head was changed, even if the changed message is valid", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("head", 10)
        const { result } = yield* runFanout({ subscribers: 3, rate: 4000, port })
        const count = yield* made
        expect(count).toBeGreaterThan(9)
        const { corrupt, doubled, reordered, absent } = found(result)
        // A line that turned into another line makes that line come twice, because the other line is unchanged. If the other
        // line is a later one, the lines between them come after it.
        expect({ absent, wrong: corrupt + doubled }).toEqual({ absent: count, wrong: count })
        expect(found(result)).toEqual({ ...nothingFound, absent, corrupt, doubled, reordered })
      }),
    )

    it.scoped("does not count late messages as lost", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("stop", 50)
        const { result } = yield* runFanout({ ...everybody, port })
        const count = yield* made
        expect(count).toBeGreaterThan(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, undelivered: count })
        expect(result.received).toBe(result.expected - count)
      }),
    )

    it.scoped("counts the messages missed by a disconnected subscriber apart from other missing messages", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("close", 50)
        const { result } = yield* runFanout({ subscribers: 3, rate: 2000, port })
        expect(yield* made).toBe(1)
        const missed = result.expected - result.received
        expect(missed).toBeGreaterThan(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, disconnected: 1, missedByDisconnected: missed })
        expect(missed).toBeLessThanOrEqual(result.sent)
      }),
    )

    for (const fault of ["invent", "foretell"])
      it.scoped(`finds messages in an echo that were never sent: ${fault}`, () =>
        Effect.gen(function* () {
          const { port, made, windowIsOver } = yield* faultyServer(fault, 200, "echo")
          const load = { connections: 2, depth: 4, least: 400, port }
          const { result } = yield* runEcho(load, windowIsOver)
          const count = yield* made
          // One of the two connections gets 200 of the 400 right messages. Each fault leaves one message less in flight.
          expect(count).toBeGreaterThan(0)
          expect(count).toBeLessThanOrEqual(2 * 4)
          expect(found(result)).toEqual({ ...nothingFound, corrupt: count, absent: count })
        }),
      )

    it.scoped("finds each message that comes back to its own sender", () =>
      Effect.gen(function* () {
        const { port, made } = yield* faultyServer("echo", 50)
        const { result } = yield* runFanout({ ...everybody, port })
        const count = yield* made
        expect(count).toBeGreaterThan(0)
        expect(faultsOf(result)).toEqual({ ...noFaults, own: count })
        expect(result.received).toBe(result.expected)
      }),
    )
  })
})
