import * as Effect from "effect/Effect"
import * as Domain from "../../domain/assistant/index.ts"
import { describeTls } from "../../domain/eventWords.ts"
import { formatEndpoint } from "../../domain/index.ts"
import type { ServerService } from "../../server/index.ts"
import { isRemoteFilter, type RemoteRoster } from "./RemoteRoster.ts"
import type { Client } from "./Roster.ts"
import type { RosterFeed } from "./RosterFeed.ts"
import type { ServerSending } from "./ServerSending.ts"

/** A page of the connected clients, filtered and sorted by a request. Clients of other servers follow them. */
export const clientsPage = (
  server: ServerService,
  feed: RosterFeed,
  sending: ServerSending,
  others: RemoteRoster,
  request: Domain.ClientsRequest,
): Effect.Effect<Domain.ClientsPage, Domain.Refusal> =>
  Effect.gen(function* () {
    const filter = (request.filter ?? "").trim()
    const sort = request.sort ?? "id"
    const roster = yield* feed.fresh
    let found = roster.select(filter.startsWith("@") ? "" : filter, sort)
    if (isRemoteFilter(filter)) found = []
    else if (filter.startsWith("@")) {
      const to = yield* Domain.parseRecipients(filter)
      const wanted = yield* Effect.match(sending.resolve(to), {
        onSuccess: ({ clients }) => new Set(clients),
        onFailure: () => new Set<Client>(),
      })
      found = found.filter((client) => wanted.has(client))
    }
    const page = found.slice(request.from, request.from + request.count)
    const rows = yield* Effect.forEach(page, (client) =>
      Effect.match(server.connection(client.id), {
        onSuccess: (info): ReadonlyArray<Domain.ClientRow> => [rowOf(client, info)],
        onFailure: () => [],
      }),
    )
    const remote = yield* others.page(
      filter,
      Math.max(0, request.from - found.length),
      Math.max(0, request.from + request.count - Math.max(request.from, found.length)),
    )
    return { matching: found.length, total: roster.clients.size, rows: rows.flat(), remote }
  })

const rowOf = (
  client: Client,
  info: Effect.Effect.Success<ReturnType<ServerService["connection"]>>,
): Domain.ClientRow => ({
  id: client.id,
  name: client.name,
  tags: [...client.tags],
  remote: formatEndpoint(client.remote),
  local: formatEndpoint(client.local),
  since: client.since,
  active: client.active,
  state: info.state,
  paused: info.paused,
  pending: info.pendingBytes,
  tls: tlsWords(client),
  encodingIn: client.coderIn.name,
  encodingOut: client.coderOut.name,
  bytesIn: info.bytesIn,
  bytesOut: info.bytesOut,
  framesIn: client.framesIn,
  framesOut: client.framesOut,
  rateIn: client.rateIn,
  rateOut: client.rateOut,
})

// `describeTls` returns ` (TLSv1.3, …)`. This removes the space and the brackets.
const tlsWords = ({ tls }: Client): string => describeTls(tls).slice(2, -1)
