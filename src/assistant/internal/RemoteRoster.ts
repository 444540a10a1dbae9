import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Domain from "../../domain/assistant/index.ts"
import { formatRemoteClient, type HubNetwork, type RemoteClient } from "../../hub/index.ts"
import { Recorder } from "./Recorder.ts"

/** Such as `@two/3`, or `@two/` for all clients of the server `two`. */
const remoteFilter = /^@[A-Za-z0-9_-]{1,64}\/[0-9]*$/

/** Whether a filter can match only clients of other servers. */
export const isRemoteFilter = (filter: string): boolean => remoteFilter.test(filter)

/** The clients of the other servers that share the hub of a server. */
export class RemoteRoster {
  /** Changes when the list of clients changes, while a scope follows it. */
  version = 0
  private readonly network: HubNetwork | undefined
  private readonly following: Recorder

  /** `network`: `undefined` if no other server shares the hub. */
  constructor(network: HubNetwork | undefined) {
    this.network = network
    const changes = Stream.runForEachChunk(network?.presence ?? Stream.empty, () =>
      Effect.sync(() => {
        this.version++
      }),
    )
    // A recorder begins within an acquisition, which is uninterruptible, and a fiber inherits that.
    this.following = new Recorder(Effect.asVoid(Effect.forkScoped(Effect.interruptible(changes))))
  }

  /** Follows the changes until the scope closes. */
  get follow(): Effect.Effect<void, never, Scope.Scope> {
    return this.network === undefined ? Effect.void : this.following.record
  }

  /** The clients that match a filter, and a range of them. Recipients such as `@all` match no client of another server. */
  page(filter: string, from: number, count: number): Effect.Effect<Domain.RemoteClientsPage> {
    if (this.network === undefined) return Effect.succeed({ matching: 0, total: 0, rows: [] })
    return Effect.map(this.network.clients, (clients) => {
      const found = matching(clients, filter.toLowerCase())
      const rows = found.slice(from, from + count)
      return { matching: found.length, total: clients.length, rows }
    })
  }
}

/** The clients that match a filter in lower case. */
const matching = (clients: ReadonlyArray<RemoteClient>, wanted: string): ReadonlyArray<RemoteClient> => {
  if (wanted === "") return clients
  if (wanted.startsWith("@")) {
    if (!isRemoteFilter(wanted)) return []
    const isWhole = !wanted.endsWith("/")
    return clients.filter((client) => {
      const name = formatRemoteClient(client).toLowerCase()
      return isWhole ? name === wanted : name.startsWith(wanted)
    })
  }
  return clients.filter(
    (client) =>
      formatRemoteClient(client).toLowerCase().includes(wanted) || client.remote.toLowerCase().includes(wanted),
  )
}
