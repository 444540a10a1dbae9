import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Domain from "../domain/assistant/index.ts"
import type { Project } from "./project/Project.ts"

/**
 * One window: a server or a client with its log, rules, repeats and macros. The console, the page and the control
 * socket all use this interface.
 */
export interface Assistant<State extends Domain.WindowState = Domain.WindowState> {
  readonly kind: "server" | "client"
  /**
   * Carries out a command. The effect succeeds when the command has taken effect; otherwise it fails with the reason.
   */
  readonly execute: (command: Domain.Command) => Effect.Effect<Domain.Outcome, Domain.Refusal>
  /** Parses a command line and carries out the command. */
  readonly executeLine: (line: string) => Effect.Effect<Domain.Outcome, Domain.Refusal>
  /**
   * The bytes that a command would send now for a payload, and the number of clients that would receive them. Sends
   * nothing.
   */
  readonly preview: (
    payload: Domain.PayloadSpec,
    to?: Domain.Recipients,
  ) => Effect.Effect<Domain.Preview, Domain.Refusal>
  /** The current state of the window. */
  readonly state: Effect.Effect<State>
  /** The state of the window: the current one first, then each change, at most ten a second. */
  readonly states: Stream.Stream<State>
  /** One page of the list of connected clients. For a client assistant, the list is empty. */
  readonly clients: (request: Domain.ClientsRequest) => Effect.Effect<Domain.ClientsPage, Domain.Refusal>
  /** The rates of the last ten minutes. */
  readonly rates: Effect.Effect<Domain.RateHistory>
  readonly log: AssistantLog
  /** The rules, repeats and macros that a project file keeps. */
  readonly project: Effect.Effect<Project>
  /**
   * Replaces the rules, repeats and macros with the items of a project. A repeat that already runs and is in the project
   * continues. If one item is invalid, the whole project is refused and nothing changes.
   */
  readonly loadProject: (project: Project) => Effect.Effect<void, Domain.Refusal>
}

/**
 * The log of a window: its frames and announcements in order. The log has a size limit in bytes. A slow reader of the
 * log never blocks a socket.
 */
export interface AssistantLog {
  readonly extent: Effect.Effect<Domain.LogExtent>
  /**
   * The range of rows in the log, or the range of matches of a filter. The stream starts with the current range and
   * emits each change, at most ten a second. While the stream runs, `rows` with the same filter returns the matches
   * that the search has found.
   */
  readonly extents: (filter?: Domain.LogFilter) => Stream.Stream<Domain.LogExtent, Domain.Refusal>
  /** The rows of a range. Rows that the log has dropped are missing. */
  readonly rows: (request: Domain.RowsRequest) => Effect.Effect<ReadonlyArray<Domain.LogRow>, Domain.Refusal>
  /** All bytes of one frame. Fails if the row is an announcement or has been dropped. */
  readonly bytes: (row: number) => Effect.Effect<Uint8Array, Domain.Refusal>
  /**
   * The log as a file: `text` and `hex` contain the rows as shown, `ndjson` contains events, `raw` contains the
   * received bytes. The last row of the file is the last row of the log at the start of the stream. `language` is the
   * language of announcements, default `en`.
   */
  readonly save: (
    format: LogFormat,
    filter?: Domain.LogFilter,
    language?: Domain.LogLanguage,
  ) => Stream.Stream<Uint8Array, Domain.Refusal>
  /**
   * Records frames until the scope closes; a server also records the announcements of its connections. The byte
   * counters run without recording.
   */
  readonly record: Effect.Effect<void, never, Scope.Scope>
}

export const logFormats = ["text", "hex", "ndjson", "raw"] as const
export type LogFormat = (typeof logFormats)[number]
