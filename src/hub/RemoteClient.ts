import type { ConnectionId } from "../domain/index.ts"

/** A client of another node that shares the hub. `formatRemoteClient` shows it as `@plant-2/3`. */
export interface RemoteClient {
  /** The name of its node. */
  readonly node: string
  /** Its id on its node. */
  readonly id: ConnectionId
  /** Its endpoint as its node sees it, such as "192.0.2.7:50123". */
  readonly remote: string
  /** When it connected, milliseconds since the epoch, by the clock of its node. */
  readonly since: number
}

/**
 * A change of the clients of the other nodes. A stream of them begins with a `Snapshot`; `Joined` and `Left` follow. A
 * later `Snapshot` means that the reader was too slow for the changes in between. It replaces everything before it.
 */
export type RemotePresence =
  | { readonly _tag: "Snapshot"; readonly clients: ReadonlyArray<RemoteClient> }
  | { readonly _tag: "Joined"; readonly joined: RemoteClient }
  | { readonly _tag: "Left"; readonly left: RemoteClient }

/** Formats a client of another node: `@plant-2/3`. */
export const formatRemoteClient = ({ id, node }: Pick<RemoteClient, "id" | "node">): string => `@${node}/${id}`
