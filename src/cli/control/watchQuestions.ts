import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ServerAssistantService } from "../../assistant/index.ts"
import * as Assistant from "../../domain/assistant/index.ts"
import { formatRemoteClient, type HubService } from "../../hub/index.ts"
import { version } from "../version.ts"
import { mostRows } from "./bounds.ts"

/** The questions that only the control socket answers, besides `state` and `help`. */
export const watchQuestions: ReadonlyArray<Assistant.CommandHelp> = [
  {
    verb: "summary",
    form: "summary",
    what: "shows the listening endpoints, the traffic, and the number of clients",
    kind: "server",
  },
  {
    verb: "connections",
    form: "connections [sort=KEY] [from=N] [count=N] [FILTER]",
    what: "lists clients with their rates and queued bytes, sorted and filtered",
    kind: "server",
  },
]

/** The first words of all lines that the control socket understands. */
export const controlVerbs: ReadonlyArray<string> = [
  ...[...Assistant.questionHelp, ...watchQuestions].map(({ verb }) => verb),
  ...Assistant.commandHelp.filter(({ kind }) => kind !== "client").map(({ verb }) => verb),
]

/** A question of {@link watchQuestions}. */
export type WatchQuestion =
  | { readonly _tag: "Summary" }
  | { readonly _tag: "Connections"; readonly request: Assistant.ClientsRequest }

/** The values of `sort=`. `rate` is the sum of both directions; the greatest value comes first. */
export const sortKeys = ["id", "name", "rate", "in", "out", "pending", "activity"] as const
const defaultRows = 100

const refused = (message: string) => Either.left(new Assistant.Refusal({ reason: "syntax", message }))

const countOf = (name: string, text: string, least: number, most: number): Either.Either<number, Assistant.Refusal> => {
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
  return number >= least && number <= most
    ? Either.right(number)
    : refused(`${name}=${text} is not a number from ${least} to ${most}`)
}

/** Parses the words after `connections`. The first word without a known setting begins the filter. */
export const parseConnections = (words: string): Either.Either<WatchQuestion, Assistant.Refusal> => {
  let rest = words.trim()
  let request: Assistant.ClientsRequest = { from: 0, count: defaultRows }
  for (;;) {
    const [whole, name = "", text = ""] = /^(sort|from|count)=(\S*)\s*/.exec(rest) ?? []
    if (whole === undefined) break
    if (name === "sort") {
      const sort = sortKeys.find((key) => key === text)
      if (sort === undefined) return refused(`sort=${text} is not one of ${sortKeys.join(", ")}`)
      request = { ...request, sort }
    } else {
      const number = name === "from" ? countOf(name, text, 0, 999_999_999) : countOf(name, text, 1, mostRows)
      if (Either.isLeft(number)) return Either.left(number.left)
      request = { ...request, [name]: number.right }
    }
    rest = rest.slice(whole.length)
  }
  return Either.right({ _tag: "Connections", request: rest === "" ? request : { ...request, filter: rest } })
}

const summaryOf = ({ server, state }: ServerAssistantService): Effect.Effect<object> =>
  Effect.zipWith(
    state,
    remoteCount(server.hub),
    ({ accepting, at, clients, endpoints, framing, mode, refused: refusals, tls, traffic }, remote) => ({
      version,
      pid: process.pid,
      at,
      since: performance.timeOrigin,
      accepting,
      listening: endpoints,
      mode,
      framing,
      tls,
      clients,
      ...remote,
      refused: refusals,
      ...traffic,
    }),
  )

/** The number of clients of other servers, if they share the hub. */
const remoteCount = ({ network }: HubService) =>
  network === undefined ? Effect.succeed({}) : Effect.map(network.clients, ({ length: remote }) => ({ remote }))

const rowOf = ({ encodingIn, encodingOut, name, pending, tags, tls, ...row }: Assistant.ClientRow): object => ({
  ...row,
  pendingBytes: pending,
  ...(name === "" ? {} : { name }),
  ...(tags.length === 0 ? {} : { tags }),
  ...(tls === "" ? {} : { tls }),
})

/** A client of another server that shares the hub. */
export const remoteClientOf = ({ remote, since, ...client }: Assistant.RemoteClientRow): object => ({
  client: formatRemoteClient(client),
  remote,
  since,
})

/** Answers a question. Rates are over the last second while a user interface watches the assistant, and otherwise 0. */
export const answerWatch = (
  question: WatchQuestion,
  assistant: ServerAssistantService,
): Effect.Effect<object, Assistant.Refusal> =>
  question._tag === "Summary"
    ? summaryOf(assistant)
    : Effect.map(assistant.clients(question.request), ({ matching, remote, rows, total }) => ({
        matching,
        total,
        connections: rows.map(rowOf),
        ...(assistant.server.hub.network === undefined
          ? {}
          : {
              remoteMatching: remote.matching,
              remoteTotal: remote.total,
              remote: remote.rows.map(remoteClientOf),
            }),
      }))
