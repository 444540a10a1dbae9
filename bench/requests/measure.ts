import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { Client } from "tcpfx/client"
import type { Connection } from "tcpfx/connection"
import { Codec, Framing, tcpEndpoint } from "tcpfx/domain"
import { Messages, Requests } from "tcpfx/protocol"
import { byHand } from "./byHand.ts"
import { socketAlone } from "./socketAlone.ts"

const timeout = "1 minute"
const Call = Codec.json(Schema.Struct({ id: Schema.Number, text: Schema.String }))
const text = "abcdefghijklmnopqrstuvwxyz0123456789"
const payload = new TextEncoder().encode(text)
const line = new TextEncoder().encode(`${text}\n`)

/** The measured ways. Each way makes an effect that sends one request and waits for its reply. */
export const ways = {
  "raw bytes in order": (connection: Connection) =>
    Requests.make(Messages.of(connection, { receive: Codec.bytes, send: Codec.bytes }), {
      correlate: "fifo",
      timeout,
    }).pipe(Effect.map(({ request }) => Effect.suspend(() => request(payload)))),
  "JSON by id": (connection: Connection) =>
    Requests.make(Messages.of(connection, { receive: Call, send: Call }), {
      correlate: { idOf: ({ id }) => id, nextId: Requests.counter() },
      timeout,
    }).pipe(Effect.map(({ request }) => Effect.suspend(() => request((id) => ({ id, text }))))),
  "raw bytes in order, by hand": (connection: Connection) =>
    Effect.map(byHand(connection, timeout), (request) => Effect.suspend(() => request(payload))),
} as const satisfies Record<
  string,
  (connection: Connection) => Effect.Effect<Effect.Effect<unknown, unknown>, unknown, Scope>
>
/** A Node socket without the library. */
export const alone = "a socket of Node alone"
export type Way = keyof typeof ways | typeof alone

/** The number of requests in flight. */
export const depths = [1, 100] as const

export interface Figures {
  /** The CPU time of the client's process for one request, in microseconds. */
  readonly cpuMicros: number
  readonly perSecond: number
}

const runsOf = (port: number, way: keyof typeof ways, inFlight: number) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: Framing.line })
    const connection = yield* client.connect(tcpEndpoint("127.0.0.1", port))
    const request: Effect.Effect<unknown, unknown> = yield* ways[way](connection)
    return (count: number): Effect.Effect<void, unknown> =>
      Effect.all(
        Array.from({ length: inFlight }, () => Effect.repeatN(request, count / inFlight - 1)),
        { concurrency: "unbounded", discard: true },
      )
  })

const runsAlone = (port: number, inFlight: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => socketAlone(port, line, inFlight)),
      ({ close }) => Effect.sync(close),
    ),
    ({ run }) =>
      (count: number): Effect.Effect<void, unknown> =>
        Effect.promise(() => run(count)),
  )

/** Measures one way with one connection to an echo server. */
export const measure = (port: number, way: Way, inFlight: number, requests: number) =>
  Effect.gen(function* () {
    const run = yield* way === alone ? runsAlone(port, inFlight) : runsOf(port, way, inFlight)
    yield* run(requests / 4)
    const cpu = process.cpuUsage()
    const from = performance.now()
    yield* run(requests)
    const { system, user } = process.cpuUsage(cpu)
    return { cpuMicros: (system + user) / requests, perSecond: (requests * 1000) / (performance.now() - from) }
  }).pipe(Effect.scoped)
