import * as http from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import { rpcPath, rpcUrl, tokenParameter } from "../../../src/web/api/access.ts"
import type { PageServer } from "../../../src/web/server/PageServer.ts"

/** An answer of the server of the page. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** Options of a request. The default is a GET request without headers and body. */
export interface RequestOptions {
  readonly method?: string
  readonly headers?: http.OutgoingHttpHeaders
  readonly body?: string
}

/** Sends a request for an unchanged path, and reads the whole answer. */
export const request = (
  { port }: { readonly port: number },
  path: string,
  { body, headers = {}, method = "GET" }: RequestOptions = {},
): Effect.Effect<Answer> =>
  Effect.async((resume) => {
    const sent = http.request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      })
      response.on("error", (error) => resume(Effect.die(error)))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
    return Effect.sync(() => void sent.destroy())
  })

/** Adds the token to a path. */
export const withToken = ({ token }: { readonly token: string }, path: string): string =>
  `${path}${path.includes("?") ? "&" : "?"}${tokenParameter}=${token}`

/** Opens a WebSocket. Returns `open`, or the status of the refusal. */
export const openSocket = (
  server: PageServer,
  headers: http.OutgoingHttpHeaders,
  token: string = server.token,
): Effect.Effect<"open" | number, never, Scope.Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.sync(() => new WebSocket(rpcUrl(`http://127.0.0.1:${server.port}`, token), { headers })),
      (socket) => Effect.sync(() => socket.terminate()),
    ),
    (socket) =>
      Effect.async((resume) => {
        socket.on("open", () => resume(Effect.succeed("open")))
        socket.on("unexpected-response", (_request, response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode ?? 0))
        })
        socket.on("error", () => {})
      }),
  )

/** A WebSocket from our own page. */
export const pageSocket = (server: PageServer): Effect.Effect<WebSocket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<WebSocket>((resume) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${rpcPath}?${tokenParameter}=${server.token}`, {
        headers: { origin: server.origin },
      })
      socket.on("open", () => resume(Effect.succeed(socket)))
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.terminate()),
  )

/** Waits for the end of a WebSocket. Returns its close code. */
export const closeCode = (socket: WebSocket): Effect.Effect<number> =>
  Effect.async((resume) => {
    const done = (code: number) => resume(Effect.succeed(code))
    socket.on("close", done)
    return Effect.sync(() => void socket.off("close", done))
  })
