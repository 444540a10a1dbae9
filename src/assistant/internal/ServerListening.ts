import * as Effect from "effect/Effect"
import type * as Assistant from "../../domain/assistant/index.ts"
import { type Endpoint, formatEndpoint, type ListenError, overlap } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import type { RosterFeed } from "./RosterFeed.ts"
import { listenRefused, problemFrom, readListenEndpoint, refusal } from "./refusals.ts"
import type { WindowParts } from "./WindowParts.ts"

type Outcome = Effect.Effect<Assistant.Outcome, Assistant.Refusal>

/** Starts and stops the listeners of a server window. */
export class ServerListening {
  /** The number of attempts to listen that are running. */
  trying = 0
  /** The reason why the last attempt to listen failed. */
  problem: Assistant.Problem | undefined
  private readonly server: ServerService
  private readonly feed: RosterFeed
  private readonly parts: WindowParts
  private readonly defaultListen: string

  constructor(server: ServerService, feed: RosterFeed, parts: WindowParts, defaultListen: string) {
    this.server = server
    this.feed = feed
    this.parts = parts
    this.defaultListen = defaultListen
  }

  /** Listens on an endpoint, or on the default endpoint if the text is empty. */
  listen(text: string): Outcome {
    const { parts, server } = this
    const change = (trying: number, problem?: Assistant.Refusal) =>
      Effect.sync(() => {
        this.trying += trying
        this.problem = problem === undefined ? undefined : problemFrom(problem)
        if (problem !== undefined) {
          const { code, message } = problem
          parts.say({ _tag: "ListenFailed", endpoint: text.trim() || this.defaultListen, message, code }, "problem")
        }
        parts.touch()
      })
    const listening = Effect.gen(this, function* () {
      const endpoint = yield* readListenEndpoint(text.trim() === "" ? this.defaultListen : text)
      const listener = yield* Effect.mapError(server.startListening(endpoint), (error: ListenError) =>
        listenRefused(error),
      )
      return { _tag: "ListeningOn" as const, endpoint: formatEndpoint(listener.endpoint) }
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        change(1),
        Effect.tapErrorCause(
          Effect.tapBoth(restore(listening), {
            onSuccess: () => change(-1),
            onFailure: (error) => change(-1, error),
          }),
          (cause) => (cause._tag === "Fail" ? Effect.void : change(-1)),
        ),
      ),
    )
  }

  /** Stops listening on one endpoint, or on all, and then keeps, closes or resets the clients that were accepted there. */
  stop(text: string | undefined, clients: "keep" | "close" | "reset"): Outcome {
    return Effect.gen(this, function* () {
      const { server } = this
      const listening = yield* server.listening
      const wanted = text === undefined || text.trim() === "" ? undefined : yield* readListenEndpoint(text)
      const stopped =
        wanted === undefined
          ? listening
          : listening.filter((endpoint) => formatEndpoint(endpoint) === formatEndpoint(wanted))
      if (stopped.length === 0) {
        const where = wanted === undefined ? "" : ` on ${formatEndpoint(wanted)}`
        return yield* refusal("unknown", `the server does not listen${where}`, { field: "endpoint" })
      }
      yield* Effect.forEach(stopped, server.stopListening, { discard: true })
      const connected = yield* this.feed.fresh
      const concerned =
        clients === "keep"
          ? []
          : [...connected.clients].filter(({ local }) => wanted === undefined || cameTo(stopped, local))
      let ended = 0
      for (const { id } of concerned) {
        const how = clients === "reset" ? "reset" : "fin"
        yield* Effect.catchAll(
          Effect.map(server.kick(id, how), () => {
            ended++
          }),
          () => Effect.void,
        )
      }
      return { _tag: "ListeningStopped" as const, endpoints: stopped.map(formatEndpoint), ended }
    })
  }
}

/** Whether a connection was accepted at one of these endpoints. */
const cameTo = (endpoints: ReadonlyArray<Endpoint>, local: Endpoint): boolean =>
  endpoints.some((endpoint) => overlap(endpoint, local))
