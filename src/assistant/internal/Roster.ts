import * as Assistant from "../../domain/assistant/index.ts"
import { type ConnectionId, type Endpoint, formatEndpoint, type TlsSession } from "../../domain/index.ts"
import { Registry } from "../../runtime/Registry.ts"
import type { ConnectionInfo } from "../../server/index.ts"
import type { LogClients } from "./LogReader.ts"
import { nameRefused, tagRefused } from "./labels.ts"
import { refusal } from "./refusals.ts"

const noTags: ReadonlySet<string> = new Set()
// The maximum number of disconnected clients whose name or encoding is kept, because rows of the log still show both.
const mostGone = 4096
// The maximum number of tags per client.
const mostTags = 64

/** A connected client, with the data that the assistant keeps about it. */
export class Client implements Assistant.RosterEntry {
  readonly id: ConnectionId
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly tls: TlsSession | undefined
  readonly since: number
  name = ""
  tags: ReadonlySet<string> = noTags
  coderIn: Assistant.TextCoder
  coderOut: Assistant.TextCoder
  /** Whether a rule has ended the connection. Rules do not act on frames that arrive after that. */
  isLeaving = false
  framesIn = 0
  framesOut = 0
  /** The number of the client's last received log entry; -1 if there is none. */
  lastEntry = -1
  /** The time of the last traffic in either direction, according to the samples and the recorded frames. */
  active: number
  /** The byte counters at the last sample, and the rates over it. */
  bytesIn = 0
  bytesOut = 0
  rateIn = 0
  rateOut = 0
  /** The queued bytes at the last sample. */
  pending = 0

  constructor(
    id: ConnectionId,
    ends: { readonly local: Endpoint; readonly remote: Endpoint; readonly tls?: TlsSession | undefined },
    since: number,
    coders: { readonly in: Assistant.TextCoder; readonly out: Assistant.TextCoder },
  ) {
    this.id = id
    this.local = ends.local
    this.remote = ends.remote
    this.tls = ends.tls
    this.since = since
    this.active = since
    this.coderIn = coders.in
    this.coderOut = coders.out
  }
}

interface Gone {
  readonly name: string
  readonly in: Assistant.TextCoder
  readonly out: Assistant.TextCoder
}

/** The connected clients of a server, found by number or name. */
export class Roster implements LogClients {
  readonly clients = new Registry<ConnectionId, Client>()
  /** Changes when the list of clients, their names or their tags change. */
  version = 0
  /** Changes when an encoding changes. */
  encodings = 0
  /** Changes when a client gets another name. */
  names = 0
  /** The encodings of new clients. */
  readonly coders = { in: Assistant.utf8Coder, out: Assistant.utf8Coder }
  /**
   * Names a client in place of this roster, and returns the reason if it refuses the name. A chat sets this function,
   * because it has its own rules for names. The function calls `setName`.
   */
  naming: ((id: ConnectionId, name: string) => string | undefined) | undefined
  private readonly byName = new Map<string, Client>()
  private readonly gone = new Map<number, Gone>()

  add(
    id: ConnectionId,
    ends: { readonly local: Endpoint; readonly remote: Endpoint; readonly tls?: TlsSession | undefined },
    since: number,
  ): void {
    if (this.clients.has(id)) return
    this.clients.set(id, new Client(id, ends, since, this.coders))
    this.version++
  }

  /** Makes the roster match a list of connections. Returns the clients that were removed. */
  keepOnly(connections: ReadonlyArray<ConnectionInfo>): ReadonlyArray<ConnectionId> {
    const present = new Set<ConnectionId>()
    for (const connection of connections) {
      present.add(connection.id)
      this.add(connection.id, connection, connection.since)
    }
    const gone = [...this.clients].flatMap(({ id }) => (present.has(id) ? [] : [id]))
    for (const id of gone) this.remove(id)
    return gone
  }

  remove(id: ConnectionId): void {
    const client = this.clients.get(id)
    if (client === undefined) return
    this.clients.delete(id)
    this.version++
    if (client.name !== "") this.byName.delete(client.name)
    if (client.name === "" && client.coderIn === Assistant.utf8Coder && client.coderOut === Assistant.utf8Coder) return
    this.gone.set(id, { name: client.name, in: client.coderIn, out: client.coderOut })
    if (this.gone.size > mostGone) for (const oldest of this.gone.keys()) return void this.gone.delete(oldest)
  }

  /** Names a client, or returns the reason why the name is refused. The empty name removes the name. */
  rename(client: Client, name: string): Assistant.Refusal | undefined {
    if (this.naming !== undefined) {
      const problem = this.naming(client.id, name)
      return problem === undefined ? undefined : refusal("value", problem, { field: "name" })
    }
    const refused = nameRefused(name)
    if (refused !== undefined) return refused
    const owner = this.byName.get(name)
    if (owner !== undefined && owner !== client) {
      return refusal("name-taken", `#${owner.id} has the name ${JSON.stringify(name)}`, { field: "name" })
    }
    this.setName(client, name)
    return undefined
  }

  /** Gives a client a name that was checked before. */
  setName(client: Client, name: string): void {
    if (client.name !== "") this.byName.delete(client.name)
    client.name = name
    if (name !== "") this.byName.set(name, client)
    this.names++
    this.version++
  }

  /** The reason why a client cannot have a tag; `undefined` if it can. */
  tagRefused({ id, tags }: Client, tag: string): Assistant.Refusal | undefined {
    return tags.size >= mostTags && !tags.has(tag)
      ? refusal("limit", `#${id} has ${mostTags} tags already`)
      : tagRefused(tag)
  }

  setTag(client: Client, tag: string, isSet: boolean): void {
    const tags = new Set(client.tags)
    if (isSet) tags.add(tag)
    else tags.delete(tag)
    client.tags = tags.size === 0 ? noTags : tags
    this.version++
  }

  setCoder(client: Client | undefined, coder: Assistant.TextCoder, direction: "in" | "out" | "both"): void {
    if (direction !== "out") {
      if (client === undefined) this.coders.in = coder
      else client.coderIn = coder
    }
    if (direction !== "in") {
      if (client === undefined) this.coders.out = coder
      else client.coderOut = coder
    }
    this.encodings++
    this.version++
  }

  nameOf(id: number): string | undefined {
    return this.clients.get(id as ConnectionId)?.name ?? this.gone.get(id)?.name
  }

  coderOf(id: number, direction: "in" | "out"): Assistant.TextCoder {
    const client = this.clients.get(id as ConnectionId)
    if (client !== undefined) return direction === "in" ? client.coderIn : client.coderOut
    return this.gone.get(id)?.[direction] ?? this.coders[direction]
  }

  /** The clients that match a filter, in the order of `sort`. */
  select(filter: string, sort: NonNullable<Assistant.ClientsRequest["sort"]>): ReadonlyArray<Client> {
    const wanted = filter.toLowerCase()
    const found: Array<Client> = []
    for (const client of this.clients) {
      if (wanted === "" || this.contains(client, wanted)) found.push(client)
    }
    const compare = orders[sort]
    return compare === undefined ? found : found.sort(compare)
  }

  private contains(client: Client, wanted: string): boolean {
    if (client.name.toLowerCase().includes(wanted)) return true
    if (`#${client.id}`.includes(wanted)) return true
    for (const tag of client.tags) if (tag.toLowerCase().includes(wanted)) return true
    return formatEndpoint(client.remote).toLowerCase().includes(wanted)
  }
}

// The roster is in the order of ids.
const orders: Readonly<Record<string, ((a: Client, b: Client) => number) | undefined>> = {
  activity: (a, b) => b.active - a.active || a.id - b.id,
  rate: (a, b) => b.rateIn + b.rateOut - (a.rateIn + a.rateOut) || a.id - b.id,
  in: (a, b) => b.rateIn - a.rateIn || a.id - b.id,
  out: (a, b) => b.rateOut - a.rateOut || a.id - b.id,
  pending: (a, b) => b.pending - a.pending || a.id - b.id,
  // Clients without a name come last.
  name: (a, b) => (a.name === b.name ? a.id - b.id : a.name === "" ? 1 : b.name === "" || a.name < b.name ? -1 : 1),
}
