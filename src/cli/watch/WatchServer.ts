import type * as Http from "node:http"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { bracketed } from "../../domain/hostText.ts"

/** An answer to a path. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** An answer of one line. */
export const plain = (status: number, line: string): Answer => ({
  status,
  contentType: "text/plain; charset=utf-8",
  body: `${line}\n`,
})

/** The server cannot listen. `code` is the error code of the system. */
export class WatchListenError extends Data.TaggedError("WatchListenError")<{ readonly code: string }> {}

/** Options of {@link makeWatchServer}. */
export interface WatchServerOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** The answer to each path. The server answers other paths with 404. */
  readonly answers: Readonly<Record<string, Effect.Effect<Answer>>>
  /** The time for a request, and for a reader that takes nothing of its answer. Default 10 000 ms. */
  readonly deadlineMillis?: number
}

// Prometheus, a load balancer and a curl by hand need a few connections. Further connections are closed at once.
const mostConnections = 64
const mostHeaderBytes = 8 * 1024
const defaultDeadlineMillis = 10_000

/**
 * Serves answers by HTTP until the scope closes. Returns the address, such as `http://127.0.0.1:9090`. Each connection
 * gets one answer and is then closed, so no client can occupy a connection with requests.
 */
export const makeWatchServer = ({
  answers,
  deadlineMillis = defaultDeadlineMillis,
  host,
  port,
}: WatchServerOptions): Effect.Effect<string, WatchListenError, Scope.Scope> =>
  Effect.gen(function* () {
    // Loading the module takes milliseconds, which only a command that serves HTTP spends.
    const http = yield* Effect.promise(() => import("node:http"))
    const run = Runtime.runCallback(yield* Effect.runtime<never>())
    const onRequest = (request: Http.IncomingMessage, response: Http.ServerResponse) => {
      const answer = answerTo(request, answers)
      const stop = run(answer, {
        onExit: (exit) => {
          const { body, contentType, headers, status } = exit._tag === "Success" ? exit.value : failed
          response.writeHead(status, {
            ...headers,
            "content-type": contentType,
            "content-length": Buffer.byteLength(body),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            connection: "close",
          })
          response.end(request.method === "HEAD" ? undefined : body)
        },
      })
      response.on("close", () => stop())
    }
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const made = http.createServer(
          {
            headersTimeout: deadlineMillis,
            requestTimeout: deadlineMillis,
            connectionsCheckingInterval: Math.ceil(deadlineMillis / 4),
            maxHeaderSize: mostHeaderBytes,
          },
          onRequest,
        )
        made.timeout = deadlineMillis
        made.maxConnections = mostConnections
        // After a malformed request, a timeout or a reset. The listener must close the socket.
        return made.on("clientError", (_error, socket) => void socket.destroy())
      }),
      (made) =>
        Effect.async<void>((resume) => {
          made.close(() => resume(Effect.void))
          made.closeAllConnections()
        }),
    )
    return `http://${bracketed(host)}:${yield* listen(server, host, port)}`
  })

interface WholeAnswer extends Answer {
  readonly headers?: Readonly<Record<string, string>>
}

const failed: WholeAnswer = plain(500, "The server has failed to answer.")

const answerTo = (
  { method, url = "/" }: Http.IncomingMessage,
  answers: WatchServerOptions["answers"],
): Effect.Effect<WholeAnswer> => {
  if (method !== "GET" && method !== "HEAD") {
    return Effect.succeed({ ...plain(405, "Only GET and HEAD are allowed."), headers: { allow: "GET, HEAD" } })
  }
  const [path = ""] = url.split("?")
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
  return answer ?? Effect.succeed(plain(404, `The paths are ${Object.keys(answers).join(", ")}.`))
}

const listen = (server: Http.Server, host: string, port: number) =>
  Effect.async<number, WatchListenError>((resume) => {
    const onError = (error: NodeJS.ErrnoException) =>
      resume(Effect.fail(new WatchListenError({ code: error.code ?? error.message })))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      // Later errors, such as EMFILE at an accept, must not end the process.
      server.on("error", () => {})
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })
