import * as net from "node:net"
import * as Effect from "effect/Effect"

/** The counts of a storm. */
export interface StormCounts {
  /** Complete exchanges, by the greeting of the server that answered. */
  readonly answered: Readonly<Record<string, number>>
  /** Connections that were not established. */
  readonly refused: number
  /** Connections that the server reset. */
  readonly reset: number
  /** Connections that the server closed with FIN before the last answer. */
  readonly cut: number
}

/** Clients that connect, ask and leave, without a pause. */
export interface Storm {
  readonly counts: () => StormCounts
  /** Completes when servers with a greeting have answered a number of further exchanges. */
  readonly further: (greeting: string, exchanges: number) => Effect.Effect<void>
  /** Lets each client complete its exchange, and returns the counts. */
  readonly stop: Effect.Effect<StormCounts>
}

type Outcome = { readonly answered: string } | "refused" | "reset" | "cut"

const questions = 3

/** One connection: the server sends a line as its greeting, then the client asks three times and waits for each echo. */
const exchange = (port: number, number: number): Effect.Effect<Outcome> =>
  Effect.async((resume) => {
    const socket = net.connect(port, "127.0.0.1")
    let received = ""
    let isConnected = false
    const asked = Array.from({ length: questions }, (_, at) => `question ${number}.${at}\n`)
    socket.setEncoding("utf8")
    socket.on("connect", () => {
      isConnected = true
    })
    socket.on("data", (text: string) => {
      received += text
      const answers = received.split("\n").length - 2
      if (answers < 0 || !received.endsWith("\n")) return
      if (answers < questions) socket.write(asked[answers] ?? "")
      else socket.end()
    })
    let isReset = false
    socket.on("error", () => {
      isReset = true
    })
    socket.on("close", () => {
      const [greeting = "", ...answers] = received.split("\n")
      const isAnswered = answers.join("\n") === asked.join("")
      resume(Effect.succeed(!isConnected ? "refused" : isReset ? "reset" : isAnswered ? { answered: greeting } : "cut"))
    })
  })

/** Starts a storm of clients on a port of 127.0.0.1. */
export const connectStorm = (port: number, clients: number) =>
  Effect.gen(function* () {
    const answered: Record<string, number> = {}
    const failed = { refused: 0, reset: 0, cut: 0 }
    let isStopped = false
    let number = 0
    const waiting = new Set<() => void>()
    const client = Effect.repeat(
      Effect.map(
        Effect.suspend(() => exchange(port, number++)),
        (outcome) => {
          if (typeof outcome === "string") failed[outcome]++
          else answered[outcome.answered] = (answered[outcome.answered] ?? 0) + 1
          for (const look of [...waiting]) look()
        },
      ),
      { while: () => !isStopped },
    )
    const counts = (): StormCounts => ({ answered: { ...answered }, ...failed })
    const running = yield* Effect.forkScoped(
      Effect.all(
        Array.from({ length: clients }, () => client),
        { concurrency: "unbounded", discard: true },
      ),
    )
    const storm: Storm = {
      counts,
      further: (greeting, exchanges) =>
        Effect.async<void>((resume) => {
          const wanted = (answered[greeting] ?? 0) + exchanges
          const look = () => {
            if ((answered[greeting] ?? 0) < wanted) return
            waiting.delete(look)
            resume(Effect.void)
          }
          waiting.add(look)
          return Effect.sync(() => waiting.delete(look))
        }),
      stop: Effect.suspend(() => {
        isStopped = true
        return Effect.map(running.await, counts)
      }),
    }
    return storm
  })
