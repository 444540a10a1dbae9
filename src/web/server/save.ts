import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { logFormats } from "../../assistant/Assistant.ts"
import type { WorkspaceService } from "../../assistant/Workspace.ts"
import { LogFilter, LogLanguage } from "../../domain/assistant/Log.ts"
import type { Refusal } from "../../domain/assistant/Refusal.ts"
import { notKept, safetyHeaders } from "./headers.ts"

const SaveRequest = Schema.Struct({
  tab: Schema.NumberFromString.pipe(Schema.int()),
  format: Schema.Literal(...logFormats),
  filter: Schema.optional(Schema.parseJson(LogFilter)),
  language: Schema.optional(LogLanguage),
})
const decode = Schema.decodeUnknownEither(SaveRequest)

const kinds = {
  text: { type: "text/plain; charset=utf-8", extension: "txt" },
  hex: { type: "text/plain; charset=utf-8", extension: "hex.txt" },
  ndjson: { type: "application/x-ndjson", extension: "ndjson" },
  raw: { type: "application/octet-stream", extension: "bin" },
} as const

/** `tcpfx-1-20260131T093000Z.txt` */
const fileName = (tab: number, extension: string, now: Date): string =>
  `tcpfx-${tab}-${now.toISOString().replace(/[-:]|\.\d+/g, "")}.${extension}`

const refused = (status: number, message: string) =>
  HttpServerResponse.text(`${message}\n`, { status, headers: { ...safetyHeaders, ...notKept } })

/** Streams a log as a download: `tab`, `format`, `filter` (JSON) and `language` in the query. */
export const saveLog = (
  workspace: WorkspaceService,
  query: URLSearchParams,
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope> =>
  Effect.gen(function* () {
    const request = decode(Object.fromEntries(query))
    if (Either.isLeft(request))
      return refused(
        400,
        `invalid query: tab must be a number, format one of ${logFormats.join(", ")}, filter the JSON of a filter, language en or zh`,
      )
    const { filter, format, language, tab } = request.right
    const { log } = yield* workspace.get(tab)
    // The first chunk is read before the status is sent, so that a refusal still gets its own status.
    const pull = yield* Stream.toPull(log.save(format, filter, language))
    const first = yield* Effect.catchAll(pull, (error) =>
      Option.isSome(error) ? Effect.fail(error.value) : Effect.succeed(Chunk.empty<Uint8Array>()),
    )
    const rest = Stream.repeatEffectChunkOption(pull)
    const { extension, type } = kinds[format]
    return HttpServerResponse.stream(Stream.concat(Stream.fromChunk(first), rest), {
      contentType: type,
      headers: {
        ...safetyHeaders,
        ...notKept,
        "content-disposition": `attachment; filename="${fileName(tab, extension, new Date())}"`,
      },
    })
  }).pipe(
    Effect.catchAll((error: Refusal) => Effect.succeed(refused(error.reason === "unknown" ? 404 : 400, error.message))),
  )
