import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type LoadArguments, startLoad } from "./programs.ts"

const result = <const Work extends string>(work: Work) => ({
  phase: Schema.Literal("result"),
  work: Schema.Literal(work),
})

const Latency = Schema.Struct({
  p50: Schema.Number,
  p99: Schema.Number,
  p999: Schema.Number,
  max: Schema.Number,
})

/** The faults in a result. */
const faults = {
  lost: Schema.Number,
  undelivered: Schema.Number,
  missedByDisconnected: Schema.Number,
  doubled: Schema.Number,
  reordered: Schema.Number,
  corrupt: Schema.Number,
  torn: Schema.Number,
  disconnected: Schema.Number,
}

const rates = { seconds: Schema.Number, perSecond: Schema.Number, cpu: Schema.Number }

/** The fields of the last line of each work. */
const results = {
  fanout: Schema.Struct({
    ...result("fanout"),
    ...rates,
    ...faults,
    own: Schema.Number,
    sent: Schema.Number,
    delivered: Schema.Number,
    expected: Schema.Number,
    received: Schema.Number,
    longestStallMillis: Schema.Number,
    slowestShare: Schema.Number,
    latencyMicros: Schema.optional(Latency),
    latencies: Schema.optional(Schema.Number),
  }),
  echo: Schema.Struct({
    ...result("echo"),
    ...rates,
    ...faults,
    own: Schema.Number,
    roundTrips: Schema.Number,
    latencyMicros: Latency,
    latencies: Schema.Number,
  }),
  churn: Schema.Struct({ ...result("churn"), ...rates, connections: Schema.Number, failed: Schema.Number }),
  idle: Schema.Struct({ ...result("idle"), connections: Schema.Number }),
}

const Connected = Schema.Struct({ phase: Schema.Literal("connected"), connections: Schema.Number })
const Moment = Schema.Struct({ phase: Schema.Literal("begin", "end") })

const linesOf = (text: string): ReadonlyArray<string> => text.trimEnd().split("\n")

/** Runs a work with a window to its end. Returns the number of connections and the result. */
const run =
  <A, I>(work: string, schema: Schema.Schema<A, I>) =>
  (load: LoadArguments, whenWindowIsOver: Effect.Effect<void> = Effect.void) =>
    Effect.gen(function* () {
      const generator = yield* startLoad(work, { warmup: 0, seconds: 0.3, limit: 25, ...load })
      // The exit code below shows a generator that ended earlier.
      yield* Effect.ignore(generator.waitFor("stdout", /"phase":"end"/))
      yield* whenWindowIsOver
      const { code } = yield* generator.ended
      if (code !== 0) return yield* Effect.dieMessage(`ended with ${code}: ${generator.text("stderr")}`)
      const Lines = Schema.Tuple(
        Schema.parseJson(Connected),
        Schema.parseJson(Moment),
        Schema.parseJson(Moment),
        Schema.parseJson(schema),
      )
      const [connected, , , last] = yield* Schema.decodeUnknown(Lines)(linesOf(generator.text("stdout")))
      return { connections: connected.connections, result: last }
    })

export const runFanout = run("fanout", results.fanout)
export const runEcho = run("echo", results.echo)
export const runChurn = run("churn", results.churn)

/** Runs `idle` until `held` has ended the input or the server. Returns the number of connections and the result. */
export const runIdle = Effect.fnUntraced(function* (
  load: LoadArguments,
  held: (endInput: Effect.Effect<void>) => Effect.Effect<void>,
) {
  const generator = yield* startLoad("idle", { limit: 25, ...load })
  const said = yield* generator.waitFor("stdout", /^.*"connected".*$/m)
  const { connections } = yield* Schema.decodeUnknown(Schema.parseJson(Connected))(said[0])
  yield* held(generator.endInput)
  const { code } = yield* generator.ended
  const last = linesOf(generator.text("stdout")).at(-1)
  const decoded = yield* Schema.decodeUnknown(Schema.parseJson(results.idle))(last)
  return { code, connections, result: decoded }
})

/** All faults of a result. */
export const faultsOf = <Faults extends { readonly [name in keyof typeof faults]: number } & { readonly own: number }>({
  lost,
  undelivered,
  missedByDisconnected,
  doubled,
  reordered,
  corrupt,
  torn,
  disconnected,
  own,
}: Faults) => ({ lost, undelivered, missedByDisconnected, doubled, reordered, corrupt, torn, disconnected, own })

export const noFaults = {
  lost: 0,
  undelivered: 0,
  missedByDisconnected: 0,
  doubled: 0,
  reordered: 0,
  corrupt: 0,
  torn: 0,
  disconnected: 0,
  own: 0,
}
