import { type Announcement, ChatRoom } from "../../chat/index.ts"
import type { ConnectionId } from "../../domain/index.ts"
import type { Handler } from "../../server/index.ts"
import type { Roster } from "./Roster.ts"

/** Makes a chat whose names are the names of a roster. A command that renames a client follows the rules of the chat. */
export const makeChat = (
  roster: Roster,
  options: {
    readonly operator: string | undefined
    readonly halfClosed: Handler.HalfClosed
    readonly onAnnounced: (id: ConnectionId, announcement: Announcement) => void
  },
): ChatRoom => {
  const { halfClosed, onAnnounced, operator } = options
  const room = new ChatRoom({
    ...(operator === undefined ? {} : { operator }),
    halfClosed,
    onAnnounced,
    onNamed: (id, name) => {
      const client = roster.clients.get(id)
      if (client !== undefined) roster.setName(client, name)
    },
  })
  roster.naming = (id, name) => room.rename(id, name)
  return room
}
