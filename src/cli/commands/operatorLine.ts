import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ServerAssistantOptions, ServerAssistantService } from "../../assistant/index.ts"
import { announcementText, type ChatRoom } from "../../chat/index.ts"
import * as Domain from "../../domain/assistant/index.ts"
import { formatConnectionId } from "../../domain/index.ts"
import { clientText, outcomeText } from "../console/answers.ts"
import { type Action, type ConsoleSettings, readInput } from "../console/readInput.ts"
import { refusalLine } from "../flags/refusalLine.ts"
import { tell, warn } from "../process/tell.ts"

/** The options of a chat. `say` shows the new names of clients, if the rows of the console do not show these names. */
export const chatOptions = (
  { operator }: { readonly operator: Option.Option<string> },
  say: ((text: string) => void) | undefined,
): NonNullable<ServerAssistantOptions["chat"]> => ({
  ...(Option.isNone(operator) ? {} : { operator: operator.value }),
  ...(say === undefined
    ? {}
    : {
        onAnnounced: (id, announcement) => {
          // The rows of plain output show the clients that connect and disconnect, but not their names.
          if (announcement._tag === "Renamed") say(`${formatConnectionId(id)}: ${announcementText(announcement)}\n`)
        },
      }),
})

const slash = 0x2f
const decoder = new TextDecoder()
// The maximum number of clients that /clients lists.
const mostClients = 200
const toAll: ConsoleSettings = { to: "@all", ending: undefined, checksum: undefined, isHex: false }

/**
 * Handles a line of standard input in a chat. A line that begins with `/` is a command of the console. Any other line
 * is a text of the operator to all clients; `//` at its start sends one slash.
 */
export const operatorLine = (assistant: ServerAssistantService, room: ChatRoom) => (line: Uint8Array) => {
  const isCommand = line[0] === slash && line[1] !== slash
  const said = line[0] === slash ? line.subarray(1) : line
  if (!isCommand) return assistant.server.broadcast(room.spoken(said))
  const read = readInput(decoder.decode(line), "server", toAll)
  return Effect.catchAll(Either.isLeft(read) ? read.left : act(assistant, read.right), (refusal) =>
    warn(refusalLine(refusal)),
  )
}

const act = (assistant: ServerAssistantService, action: Action) => {
  switch (action._tag) {
    case "Do":
      return Effect.flatMap(assistant.execute(action.command), (outcome) => {
        const text = outcomeText(outcome)
        return text === undefined ? Effect.void : tell(text)
      })
    case "Clients":
      return Effect.flatMap(assistant.clients({ from: 0, count: mostClients, filter: action.filter }), ({ rows }) =>
        Effect.forEach(rows.length === 0 ? ["no client matches"] : rows.map(clientText), tell, { discard: true }),
      )
    default:
      return new Domain.Refusal({
        reason: "forbidden",
        message: "this command needs the console",
        advice: "run tcpfx serve in a terminal without --plain",
      })
  }
}
