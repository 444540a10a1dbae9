import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Assistant, emptyProject } from "../../../src/assistant/index.ts"
import { Assistant as Domain } from "../../../src/domain/index.ts"

/** An assistant without a server. The test controls its state and its answers. */
export interface StandIn extends Assistant<Domain.ServerWindow> {
  readonly kind: "server"
  /** The received commands, in order. */
  readonly commands: Array<Domain.Command>
  /** The number of scopes that record frames. */
  readonly recording: () => number
  /** Adds a row to the log. */
  readonly tell: (text: string) => Effect.Effect<void>
}

const emptyExtent: Domain.LogExtent = { first: 0, next: 0, dropped: 0, bytes: 0, limit: 1024, complete: true }

const traffic: Domain.Traffic = { bytesIn: 0, bytesOut: 0, framesIn: 0, framesOut: 0, rateIn: 0, rateOut: 0 }

const idle: Domain.ServerWindow = {
  _tag: "ServerWindow",
  listening: "idle",
  endpoints: [],
  accepting: "yes",
  mode: "console",
  clients: 0,
  clientsVersion: 0,
  refused: 0,
  tls: false,
  traffic,
  log: emptyExtent,
  rowsVersion: 0,
  repeats: [],
  rules: [],
  macros: [],
  framing: "raw",
  at: 0,
}

const encoder = new TextEncoder()

/** Options of a stand-in. */
export interface StandInOptions {
  /** The outcome of a command. Default: `Listen` listens, and all other commands succeed. */
  readonly execute?: (command: Domain.Command) => Effect.Effect<Domain.Outcome, Domain.Refusal>
  /** An effect before each answer with rows. Default: none. */
  readonly beforeRows?: Effect.Effect<void>
  /** The content of a saved log. Default: the texts of the rows, one in a line. */
  readonly saved?: Stream.Stream<Uint8Array>
}

export const makeStandIn = (options: StandInOptions = {}): Effect.Effect<StandIn> =>
  Effect.gen(function* () {
    const state = yield* SubscriptionRef.make(idle)
    const rows: Array<Domain.LogRow> = []
    const commands: Array<Domain.Command> = []
    let recorders = 0

    const act = (command: Domain.Command): Effect.Effect<Domain.Outcome, Domain.Refusal> => {
      if (options.execute !== undefined) return options.execute(command)
      if (command._tag !== "Listen") return Effect.succeed({ _tag: "Done" })
      return SubscriptionRef.update(state, (now) => ({
        ...now,
        listening: "listening" as const,
        endpoints: [command.endpoint],
      })).pipe(Effect.as({ _tag: "ListeningOn", endpoint: command.endpoint } as const))
    }
    const extent = Effect.map(SubscriptionRef.get(state), ({ log }) => log)

    return {
      kind: "server",
      commands,
      recording: () => recorders,
      tell: (text) =>
        SubscriptionRef.update(state, (now) => {
          rows.push({ row: rows.length, at: 0, kind: "received", text, bytes: text.length })
          return { ...now, log: { ...now.log, next: rows.length } }
        }),
      execute: (command) =>
        Effect.suspend(() => {
          commands.push(command)
          return act(command)
        }),
      executeLine: (line) =>
        line === "quit"
          ? Effect.succeed({ _tag: "Done" })
          : new Domain.Refusal({ reason: "syntax", message: `${line} is not a command`, at: 0 }),
      preview: ({ content }) =>
        Effect.sync(() => {
          const bytes = encoder.encode(content)
          return { bytes, length: bytes.length, recipients: 0, first: [] }
        }),
      state: SubscriptionRef.get(state),
      states: state.changes,
      clients: () => Effect.succeed({ matching: 0, total: 0, rows: [], remote: { matching: 0, total: 0, rows: [] } }),
      project: Effect.succeed(emptyProject),
      loadProject: () => Effect.void,
      rates: Effect.succeed({ start: 0, bytesIn: [], bytesOut: [], framesIn: [], framesOut: [] }),
      log: {
        extent,
        extents: () => Stream.map(state.changes, ({ log }) => log),
        rows: ({ count, from }) =>
          Effect.zipRight(
            options.beforeRows ?? Effect.void,
            Effect.sync(() => rows.slice(from, from + count)),
          ),
        bytes: (row) =>
          rows[row] === undefined
            ? new Domain.Refusal({ reason: "unknown", message: `there is no row ${row}` })
            : Effect.succeed(encoder.encode(rows[row].text)),
        save: (_format, filter) =>
          filter?.regex === "("
            ? Stream.fail(new Domain.Refusal({ reason: "value", message: "the pattern ( is not complete" }))
            : (options.saved ??
              Stream.suspend(() =>
                Stream.fromChunk(Chunk.map(Chunk.fromIterable(rows), ({ text }) => encoder.encode(`${text}\n`))),
              )),
        record: Effect.acquireRelease(
          Effect.sync(() => {
            recorders += 1
          }),
          () =>
            Effect.sync(() => {
              recorders -= 1
            }),
        ),
      },
    }
  })
