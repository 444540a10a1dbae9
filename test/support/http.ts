import * as http from "node:http"
import * as Effect from "effect/Effect"

/** An answer of an HTTP server. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** Sends one request, and reads the whole answer. Dies if the connection fails. */
export const askHttp = (url: string, method: string = "GET"): Effect.Effect<HttpAnswer> =>
  Effect.async<HttpAnswer>((resume) => {
    const request = http.request(url, { method, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", (error) => resume(Effect.die(error)))
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        ),
      )
    })
    request.on("error", (error) => resume(Effect.die(error)))
    request.end()
    return Effect.sync(() => request.destroy())
  })
