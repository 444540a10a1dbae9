import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { Assistant } from "../../assistant/Assistant.ts"
import { encodingNames } from "../../assistant/encodings.ts"
import { tryMatch } from "../../assistant/tryMatch.ts"
import type { WorkspaceService } from "../../assistant/Workspace.ts"
import type { Command } from "../../domain/assistant/Command.ts"
import { checksumNames } from "../../domain/assistant/checksums.ts"
import type { PayloadSpec } from "../../domain/assistant/Payload.ts"
import { parseCommand } from "../../domain/assistant/parseCommand.ts"
import type { Refusal } from "../../domain/assistant/Refusal.ts"
import { parseRecipients } from "../../domain/assistant/recipientsText.ts"
import { interfaceAddresses } from "../../transport/interfaces.ts"
import { Api, type LocalAddress } from "../api/Api.ts"
import type { PayloadHistory } from "./PayloadHistory.ts"

/** Reads and writes the project file. */
export interface ProjectAccess {
  readonly read: Effect.Effect<{ readonly path: string; readonly text: string }, Refusal>
  /** Writes the rules, repeats and macros of all tabs. Returns the path. */
  readonly save: (path: string | undefined) => Effect.Effect<string, Refusal>
}

/** The services that the handlers need. */
export interface HandlerServices {
  readonly workspace: WorkspaceService
  readonly version: string
  readonly attachedTo: "ui" | "serve" | "connect"
  readonly history: PayloadHistory
  readonly project: ProjectAccess
}

// The maximum number of bytes in an answer to `Bytes`.
const shownBytes = 64 * 1024

const wildcards: ReadonlyArray<LocalAddress> = [
  { address: "0.0.0.0", family: "ipv4", name: "", loopback: false },
  { address: "::", family: "ipv6", name: "", loopback: false },
]

const localAddresses: Effect.Effect<ReadonlyArray<LocalAddress>> = Effect.map(interfaceAddresses, (addresses) => {
  const entries = addresses.map(
    ({ address, family, loopback, name }): LocalAddress => ({
      address,
      family: family === "IPv4" ? "ipv4" : "ipv6",
      name,
      loopback,
    }),
  )
  return [...entries, ...wildcards.filter(({ family }) => entries.some((entry) => entry.family === family))]
})

/** The payload of a command, if the command belongs in the history. */
const payloadIn = (command: Command): PayloadSpec | undefined =>
  command._tag === "Send" || command._tag === "Broadcast" || command._tag === "Repeat" ? command.payload : undefined

/** Keeps only the latest state for a page that reads more slowly than the states change. */
const latest = <A, E>(stream: Stream.Stream<A, E>): Stream.Stream<A, E> =>
  Stream.buffer(stream, { capacity: 1, strategy: "sliding" })

/** The handlers of {@link Api} over a workspace. */
export const makeHandlers = (services: HandlerServices) => {
  const { attachedTo, history, project, version, workspace } = services
  const on = <A, E>(tab: number, use: (assistant: Assistant) => Effect.Effect<A, E>): Effect.Effect<A, E | Refusal> =>
    Effect.flatMap(workspace.get(tab), use)
  const watch = <A, E>(
    tab: number,
    use: (assistant: Assistant) => Stream.Stream<A, E>,
  ): Stream.Stream<A, E | Refusal> =>
    Stream.unwrap(Effect.map(workspace.get(tab), (assistant) => latest(use(assistant))))
  const keep = (command: Command): Effect.Effect<void> => {
    const payload = payloadIn(command)
    return payload === undefined ? Effect.void : history.add(payload)
  }

  return Api.of({
    About: () => Effect.as(workspace.attend, { version, attachedTo }),
    Tabs: () => latest(workspace.changes),
    OpenTab: ({ kind, settings }) => workspace.open(kind, settings),
    CloseTab: ({ tab }) => workspace.close(tab),
    Addresses: () => localAddresses,
    State: ({ tab }) => watch(tab, ({ states }) => states),
    Clients: ({ request, tab }) => on(tab, ({ clients }) => clients(request)),
    Log: ({ filter, tab }) => watch(tab, ({ log }) => log.extents(filter)),
    Rows: ({ request, tab }) => on(tab, ({ log }) => log.rows(request)),
    Bytes: ({ row, tab }) =>
      Effect.map(
        on(tab, ({ log }) => log.bytes(row)),
        (bytes) => ({ bytes: bytes.subarray(0, shownBytes), length: bytes.length }),
      ),
    Do: ({ command, tab }) =>
      Effect.tap(
        on(tab, ({ execute }) => execute(command)),
        () => keep(command),
      ),
    DoLine: ({ line, tab }) =>
      Effect.tap(
        on(tab, ({ executeLine }) => executeLine(line)),
        () => Either.match(parseCommand(line), { onLeft: () => Effect.void, onRight: keep }),
      ),
    Preview: ({ payload, tab, to }) => on(tab, ({ preview }) => preview(payload, to)),
    ReadRecipients: ({ text }) => parseRecipients(text),
    TryMatch: ({ match, sample }) =>
      Effect.map(tryMatch(match, sample), (captures) => (captures === undefined ? {} : { captures })),
    Rates: ({ tab }) => on(tab, ({ rates }) => rates),
    Choices: () => Effect.succeed({ encodings: encodingNames, checksums: checksumNames }),
    History: () => history.entries,
    ProjectFile: () => project.read,
    SaveProject: ({ path }) => project.save(path),
  })
}
